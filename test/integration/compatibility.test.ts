/** Verdicts of real models, with the types that inference finds. */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyzeModel } from '../../src/analysis/analyze.ts';
import { openModel } from '../../src/onnx/open.ts';
import { envelope, nimify, ROOT } from './command.ts';

const MODELS = new URL('../../../shared/models/', import.meta.url).pathname;
const LIGHT = new URL('../../../shared/onnx-cases/light/', import.meta.url).pathname;
const hasShared = existsSync(MODELS) && existsSync(LIGHT);

async function verdicts(path: string): Promise<string> {
  const plan = { tritonTag: '26.07', gpus: 0, maxBatchSize: 8 };
  const { signal } = new AbortController();
  const { compatibility } = await analyzeModel(openModel(path), { sha256: '', signal, plan });
  return compatibility
    .map(({ target, verdict, findings }) => {
      const codes = [...new Set(findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code))];
      return `${target} ${verdict}${codes.length === 0 ? '' : ` (${codes.join(' ')})`}`;
    })
    .join(', ');
}

const DIGITS = join(ROOT, 'test', 'fixtures', 'sample', 'digits.onnx');

describe('nimify analyze --target', () => {
  test('refuses a target that does not exist, and a tag that is no tag, before it reads the model', async () => {
    const target = await nimify(['analyze', DIGITS, '--target', 'cpu,tensortr', '--json'], { cwd: tmpdir() });
    expect([target.exitCode, envelope(target).error]).toMatchObject([
      2,
      { code: 'USAGE', message: 'There is no target tensortr; did you mean tensorrt.' },
    ]);
    const tag = await nimify(['analyze', DIGITS, '--triton-tag', 'latest', '--json'], { cwd: tmpdir() });
    expect([tag.exitCode, envelope(tag).error?.code]).toEqual([2, 'CONFIG_INVALID']);
  });

  test('adds the findings of the targets that it names, and tells of the others in compatibility only', async () => {
    const told = async (...args: string[]) => {
      const ended = await nimify(['analyze', DIGITS, '--json', ...args], { cwd: tmpdir() });
      return envelope(ended).findings.map(({ code }: { code: string }) => code);
    };
    const [usual, tensorrt] = [await told(), await told('--target', 'tensorrt')];
    expect(usual).not.toContain('TENSORRT_PROFILE');
    expect(tensorrt).toContain('TENSORRT_PROFILE');
  });

  test.skipIf(!hasShared)('makes a profile from the sizes of --bind', async () => {
    const model = join(MODELS, 'tiny-bert', 'model.onnx');
    const args = ['analyze', model, '--target', 'tensorrt', '--bind', 'batch=4,sequence=128', '--json'];
    const found = envelope(await nimify(args, { cwd: tmpdir() })).findings;
    expect(found.find(({ code }: { code: string }) => code === 'TENSORRT_PROFILE')).toMatchObject({
      args: {
        minShapes: 'input_ids:1x1,attention_mask:1x1',
        optShapes: 'input_ids:4x128,attention_mask:4x128',
        maxShapes: 'input_ids:8x128,attention_mask:8x128',
        assumed: [],
      },
    });
  });
});

describe.skipIf(!hasShared)('real models (skipped where ../shared is missing)', () => {
  test('verdicts of the models', async () => {
    const found: Record<string, string> = {};
    for (const folder of readdirSync(MODELS).sort()) {
      if (!existsSync(join(MODELS, folder)) || folder.endsWith('.md')) continue;
      for (const file of readdirSync(join(MODELS, folder))
        .filter((name) => name.endsWith('.onnx'))
        .sort()) {
        found[`${folder}/${file}`] = await verdicts(join(MODELS, folder, file));
      }
    }
    expect(found).toMatchInlineSnapshot(`
      {
        "magika/model.onnx": "cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs",
        "mnist/mnist.onnx": "cpu runs, triton runs, cuda runs, tensorrt unknown (TENSORRT_OPSET), openvino runs",
        "silero-vad/silero_vad.onnx": "cpu runs, triton runs, cuda runs, tensorrt partly (TENSORRT_LIMIT), openvino runs",
        "silero-vad/silero_vad_op18_ifless.onnx": "cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs",
        "super-resolution/model.onnx": "cpu refused (CUSTOM_DOMAIN), triton refused (CUSTOM_DOMAIN), cuda refused (CUSTOM_DOMAIN), tensorrt partly (TENSORRT_OPERATOR TENSORRT_LIMIT TENSORRT_TYPE), openvino refused (OPENVINO_OPERATOR)",
        "tiny-bert/model.onnx": "cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs",
        "ultraface/version-RFB-320.onnx": "cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs",
        "yunet/yunet_n_dynamic.onnx": "cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs",
      }
    `);
  });

  test('every network of onnx-cases/light runs on all targets', async () => {
    const files = readdirSync(LIGHT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'));
    expect(files.length).toBeGreaterThan(5);
    const all = new Set<string>();
    for (const file of files) all.add(await verdicts(join(LIGHT, file)));
    expect([...all]).toEqual(['cpu runs, triton runs, cuda runs, tensorrt runs, openvino runs']);
  });
});
