/** The page of `nimify analyze --html`: hostile models first, then what it must hold and show. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { TensorFact } from '../../../src/analysis/picture.ts';
import { finding } from '../../../src/base/findings.ts';
import { makeNode, makeValueInfo } from '../../../src/onnx/build.ts';
import { type PageFacts, reportPage } from '../../../src/ui/html/page.ts';
import { floats, matMulModel } from '../../analysis/models.ts';
import { attributesOf, factsOf, tagsOf } from './facts.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></svg><script>alert(2)</script>',
  '\u202egnp.exe\u2066\u0000\u001b[2J',
  'javascript:alert(1)',
  '&lt;b&gt;',
  'x'.repeat(5000),
];

/** Nodes, tensors, opset domains and the producer all carry the same name. */
async function hostile(name: string): Promise<PageFacts> {
  const proto = matMulModel(
    {
      nodes: [
        makeNode('MatMul', [`${name}in`, `${name}.weight`], [`${name}mid`], { name: `/${name}/MatMul` }),
        makeNode('Relu', [`${name}mid`], [`${name}out`], { name: `/${name}/Relu` }),
      ],
      inputs: [makeValueInfo(`${name}in`, 'float32', [name, 4])],
      outputs: [makeValueInfo(`${name}out`, 'float32', null)],
      initializers: [floats(`${name}.weight`, 4, 3)],
    },
    { producerName: name, producerVersion: name },
  );
  const facts = await factsOf(proto, `/tmp/${name.replaceAll('/', '')}/${name.replaceAll('/', '')}.onnx`);
  return { ...facts, findings: [finding('DYNAMIC_SHAPE', { input: name, bind: [name] }, name)] };
}

describe('a hostile model', () => {
  test.each(HOSTILE)('cannot put markup into the page (%s)', async (name) => {
    const page = reportPage(await hostile(name));
    const usual = new Set(tagsOf(reportPage(await hostile('name'))));
    const usualAttributes = new Set(attributesOf(reportPage(await hostile('name'))));
    expect([...new Set(tagsOf(page))].filter((tag) => !usual.has(tag))).toEqual([]);
    expect(tagsOf(page).filter((tag) => tag === 'script')).toHaveLength(2);
    expect(attributesOf(page).filter((attribute) => !usualAttributes.has(attribute))).toEqual([]);
    expect(page).not.toMatch(/\shref="(?!#)/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in the page
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });

  test('cannot make it large with long names', async () => {
    expect(reportPage(await hostile('x'.repeat(60_000))).length).toBeLessThan(1_500_000);
  });
});

describe('the page', () => {
  test('needs nothing but itself: style and script by digest, nothing else allowed', async () => {
    const page = reportPage(await factsOf(matMulModel()));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'");
    const digest = (text: string | undefined): string =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`;
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1];
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1];
    expect(policy).toBe(
      `default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)}; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toMatch(/https?:|\ssrc=|@import|url\((?!#)|\sstyle="/);
  });

  test('has the same bytes for the same model', async () => {
    expect(reportPage(await factsOf(matMulModel()))).toBe(reportPage(await factsOf(matMulModel())));
  });

  test('tells of the path only the file and its folder', async () => {
    const page = reportPage(await factsOf(matMulModel(), '/home/somebody/secret/customer/model.onnx'));
    expect(page).toContain('customer');
    expect(page).toContain('<title>model.onnx · nimify</title>');
    expect(page).not.toMatch(/somebody|secret/);
  });

  test('links only to places that are there, and no place is there twice', async () => {
    const page = reportPage(await factsOf(matMulModel()));
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(links.filter((link) => !ids.includes(link))).toEqual([]);
    expect(links.length).toBeGreaterThan(3);
  });

  test('says what is exact and what is an estimate', async () => {
    const page = reportPage(await factsOf(matMulModel()));
    expect(page).toMatch(/Compute <span class="tag exact"/);
    expect(page).toMatch(/Peak activations <span class="tag estimate" title="[^"]+"/);
  });

  test('without shapes says so instead of showing zeros', async () => {
    const facts = await factsOf(matMulModel());
    const analysis = { ...facts.analysis, costs: null, shapes: null, macs: null };
    const { blocks } = facts.picture;
    const unknown = blocks.blocks.map((block) => ({ ...block, macs: null, parameterCount: null, outputBytes: null }));
    const picture = { ...facts.picture, blocks: { ...blocks, blocks: unknown } };
    const page = reportPage({ ...facts, analysis, picture });
    expect(page).toContain('shapes are not known');
    expect(page.match(/type="radio"[^>]*disabled/g)).toHaveLength(3);
  });

  test('of a graph without nodes still has its findings', async () => {
    const facts = await factsOf(matMulModel({ nodes: [], outputs: [makeValueInfo('x', 'float32', [1, 4])] }));
    const page = reportPage(facts);
    expect(page).toContain('<h2 id="findings-title">');
    expect(page).not.toContain('class="diagram"');
  });

  test('shows the findings with their severity, the gravest first', async () => {
    const facts = await factsOf(matMulModel());
    const page = reportPage({
      ...facts,
      findings: [finding('OPSET_OLD', { version: 7 }), finding('IR_TOO_NEW', { irVersion: 99 })],
    });
    expect(page.indexOf('IR version 99')).toBeLessThan(page.indexOf('Opset 7 is old'));
    expect(page).toContain('<li class="error"><strong class="severity">Error</strong>');
  });
});

describe('the table of tensors', () => {
  const tensors = (count: number, name: (index: number) => string): TensorFact[] =>
    Array.from({ length: count }, (_, index) => ({
      name: name(index),
      role: 'intermediate',
      dataType: 'float32',
      shape: [1, 64, 56, 56],
      sizeBytes: index,
      producer: { operator: 'Conv', node: `${name(index)}/node` },
    }));

  const dataOf = (page: string): { rows: unknown[][] } =>
    JSON.parse(/id="tensor-data">(.*?)<\/script>/.exec(page)?.[1] ?? 'null');

  test('of 20,000 tensors keeps the page below 3 MB and has them all', async () => {
    const facts = await factsOf(matMulModel());
    const many = tensors(20_000, (index) => `/encoder/layer.${index % 12}/output_${index}`);
    const page = reportPage({ ...facts, picture: { ...facts.picture, tensors: many } });
    expect(Buffer.byteLength(page)).toBeLessThan(3_000_000);
    expect(dataOf(page).rows).toHaveLength(20_000);
  });

  test('is cut to the largest with a sentence when names are so long that it would be larger', async () => {
    const facts = await factsOf(matMulModel());
    const many = tensors(20_000, (index) => `${index}/${'very/long/scope/'.repeat(9)}`);
    const page = reportPage({ ...facts, picture: { ...facts.picture, tensors: many } });
    const { rows } = dataOf(page);
    expect(Buffer.byteLength(page)).toBeLessThan(3_000_000);
    expect(rows.length).toBeLessThan(20_000);
    expect(page).toContain(`These are the ${rows.length} largest of 20000 tensors`);
    expect(rows.at(-1)?.[5]).toBe(19_999);
  });

  test('reads without the script: its first rows are in the page', async () => {
    const page = reportPage(await factsOf(matMulModel()));
    for (const text of ['>x</bdi>', '>w</bdi>', '>y</bdi>', '1 × 4', '4 × 3', '1 × 3', 'MatMul'])
      expect(page).toContain(text);
  });
});
