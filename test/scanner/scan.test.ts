import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeAttribute, makeNode } from '../../src/onnx/build.ts';
import type { AttributeProto, GraphProto, SparseTensorProto } from '../../src/onnx/proto.ts';
import { scanPath } from '../../src/scanner/scan.ts';
import { fn } from './cases/graphs.ts';
import { SYSTEM_4 } from './pickles.ts';
import { external, type Model, modelWith, Scratch, tensor, withExternal } from './scratch.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const rules = async (): Promise<string[]> => (await scratch.results()).map(({ rule, file }) => `${rule} ${file}`);

describe('external data is found wherever a tensor may be', () => {
  const bad = () => external({ location: '../w.bin' });
  const sparse = (): SparseTensorProto => ({ values: bad(), indices: bad(), dims: [4] });
  const attribute = (parts: Partial<AttributeProto>): AttributeProto => ({ ...makeAttribute('a', 1n), ...parts });
  const nodeWith = (parts: Partial<AttributeProto>) => ({
    ...makeNode('Constant', [], ['c']),
    attribute: [attribute(parts)],
  });
  const graph = (): GraphProto => modelWith({ initializer: [bad()] }).graph;

  test.each<[string, Model, string[]]>([
    ['initializer', modelWith({ initializer: [bad()] }), ['initializer w']],
    [
      'sparse initializer',
      modelWith({ initializer: [], sparseInitializer: [sparse()] }),
      ['sparse initializer w / values', 'sparse initializer w / indices'],
    ],
    ['attribute t', modelWith({ node: [nodeWith({ t: bad() })] }), ['node Constant_0 / a']],
    [
      'attribute tensors',
      modelWith({ node: [nodeWith({ tensors: [bad(), bad()] })] }),
      ['node Constant_0 / a', 'node Constant_0 / a'],
    ],
    [
      'attribute sparse_tensor',
      modelWith({ node: [nodeWith({ sparseTensor: sparse() })] }),
      ['node Constant_0 / a / values', 'node Constant_0 / a / indices'],
    ],
    [
      'attribute sparse_tensors',
      modelWith({ node: [nodeWith({ sparseTensors: [sparse()] })] }),
      ['node Constant_0 / a / values', 'node Constant_0 / a / indices'],
    ],
    ['subgraph', modelWith({ node: [nodeWith({ g: graph() })] }), ['node Constant_0 / a / initializer w']],
    ['subgraphs', modelWith({ node: [nodeWith({ graphs: [graph()] })] }), ['node Constant_0 / a / initializer w']],
    [
      'function body',
      { ...modelWith(), functions: [fn('f', [nodeWith({ t: bad() })])] },
      ['function f / node Constant_0 / a'],
    ],
    [
      'default of a function',
      { ...modelWith(), functions: [{ ...fn('f', []), attributeProto: [attribute({ t: bad() })] }] },
      ['function f / a'],
    ],
    [
      'training graphs',
      modelWith(
        {},
        {
          trainingInfo: [{ initialization: graph(), algorithm: graph(), initializationBinding: [], updateBinding: [] }],
        },
      ),
      ['training initialization / initializer w', 'training algorithm / initializer w'],
    ],
  ])('%s', async (_, model, places) => {
    scratch.model(model);
    const found = (await scratch.results()).filter(({ rule }) => rule === 'external-data-traversal');
    expect(found.map(({ where }) => where)).toEqual(places);
  });

  test('entries of a tensor that is not marked as external', async () => {
    const { externalData } = bad();
    scratch.model(modelWith({ initializer: [tensor('w', { externalData })] }));
    expect(await rules()).toEqual(['external-data-traversal m.onnx']);
  });

  test('all tensors are told, not only the first one', async () => {
    const names = ['a', 'b', 'c'];
    scratch.model(modelWith({ initializer: names.map((name) => ({ ...bad(), name })) }));
    expect((await scratch.results()).map(({ where }) => where)).toEqual(names.map((name) => `initializer ${name}`));
  });
});

describe('checksums', () => {
  const large = 65 << 20;

  test('of large files are verified with --deep, and otherwise told as not verified', async () => {
    scratch.file('w.bin', '');
    truncateSync(scratch.path('w.bin'), large);
    const model = withExternal({ location: 'w.bin', length: '16', checksum: '0'.repeat(40) });
    scratch.model(model);
    const [shallow] = await scratch.results();
    expect([shallow?.rule, shallow?.severity, shallow?.message]).toEqual([
      'external-data-checksum',
      'info',
      expect.stringContaining('only read with --deep'),
    ]);
    const [deep] = await scratch.results({ isDeep: true });
    expect([deep?.rule, deep?.severity]).toEqual(['external-data-checksum', 'error']);
  });

  test('of several tensors in one file are told once', async () => {
    scratch.file('w.bin', new Uint8Array(16));
    const checksum = createHash('sha1').update('other').digest('hex');
    const one = external({ location: 'w.bin', checksum });
    scratch.model(modelWith({ initializer: [one, { ...one, name: 'v' }] }));
    expect(await rules()).toEqual(['external-data-checksum m.onnx']);
  });
});

describe('folders', () => {
  test('nothing outside is opened: not through links, and not as external data', async () => {
    // Opening a pipe without a writer would wait for ever.
    spawnSync('mkfifo', [join(scratch.root, 'pipe')]);
    symlinkSync(join(scratch.root, 'pipe'), scratch.path('model.onnx'));
    symlinkSync(join(scratch.root, 'pipe'), scratch.path('w.bin'));
    scratch.model(withExternal({ location: 'w.bin', checksum: '0'.repeat(40) }));
    expect(await rules()).toEqual([
      'external-data-link m.onnx',
      'external-data-special-file m.onnx',
      'link-escapes model.onnx',
      'link-escapes w.bin',
    ]);
  });

  test('a circle of links ends', async () => {
    scratch.link('.', 'again');
    scratch.link('a', 'b');
    scratch.link('b', 'a');
    expect(await rules()).toEqual(['file-unreadable a', 'file-unreadable b']);
  });

  test('a snapshot of a Hugging Face cache is scanned through its own links, and only through those', async () => {
    const repository = join(scratch.folder, 'models--org--net');
    const snapshot = join(repository, 'snapshots', 'abc');
    for (const folder of [join(repository, 'blobs'), snapshot]) mkdirSync(folder, { recursive: true });
    const blob = (digit: string, content: Uint8Array | string) =>
      writeFileSync(join(repository, 'blobs', digit.repeat(64)), content);
    blob('a', SYSTEM_4);
    symlinkSync(`../../blobs/${'a'.repeat(64)}`, join(snapshot, 'pytorch_model.bin'));
    symlinkSync('../../../../escape', join(snapshot, 'config.json'));
    writeFileSync(join(scratch.root, 'escape'), '{}');
    symlinkSync(join(scratch.root, 'escape'), join(snapshot, 'README.md'));
    const { results } = await scanPath(snapshot);
    expect(results.map(({ rule, file }) => `${rule} ${file}`)).toEqual([
      'link-escapes README.md',
      'link-escapes config.json',
      'pickle-code pytorch_model.bin',
      'pickle-file pytorch_model.bin',
    ]);
  });

  test('data files of a model are allowed whatever they are called, unless they are something else', async () => {
    scratch.file('onnx__MatMul_12', new Uint8Array(16));
    scratch.model(withExternal({ location: 'onnx__MatMul_12' }));
    expect(await rules()).toEqual([]);
    scratch.file('onnx__MatMul_12', Buffer.from('\x7fELF............', 'latin1'));
    expect(await rules()).toEqual(['native-library onnx__MatMul_12']);
  });

  test('history of git is passed over', async () => {
    scratch.file('.git/hooks/post-checkout', '#!/bin/sh\n');
    expect(await rules()).toEqual([]);
  });

  test('names sort the results, and each run gives the same', async () => {
    for (const name of ['c.pkl', 'a.pkl', 'b/x.pkl']) scratch.file(name, SYSTEM_4);
    const files = (await scratch.results()).map(({ file }) => file);
    expect(files).toEqual([...files].sort());
    expect(await scratch.results()).toEqual(await scratch.results());
  });
});

describe('one file', () => {
  test('its data files are scanned with it', async () => {
    scratch.file('data/w.bin', SYSTEM_4.subarray(0, 16));
    scratch.file('other.pkl', SYSTEM_4);
    scratch.model(withExternal({ location: 'data/w.bin' }));
    const { scanned, results } = await scanPath(scratch.path('m.onnx'));
    expect(scanned).toMatchObject({ files: 2, models: 1 });
    expect(results).toEqual([]);
  });

  test('without a telling name it is taken for a model', async () => {
    scratch.model(withExternal({ location: '../w.bin' }), 'net');
    expect((await scanPath(scratch.path('net'))).results.map(({ rule }) => rule)).toEqual(['external-data-traversal']);
  });

  test('a pickle under the name of a model is both', async () => {
    scratch.file('m.onnx', SYSTEM_4);
    expect(await rules()).toEqual(['model-unreadable m.onnx', 'pickle-code m.onnx', 'pickle-file m.onnx']);
  });
});

test('places beyond a hundred of one rule in one file are counted', async () => {
  const many = Array.from({ length: 130 }, (_, index) => ({ ...external({ location: '/x' }), name: `w${index}` }));
  scratch.model(modelWith({ initializer: many }));
  const results = await scratch.results();
  expect(results).toHaveLength(100);
  expect(results.at(-1)?.message).toContain('(And 30 more.)');
  expect(results.at(-1)?.args).toMatchObject({ omitted: 30 });
});

test('an abort ends the scan between two files', async () => {
  scratch.file('a.txt', 'x');
  const controller = new AbortController();
  controller.abort(new Error('stop'));
  await expect(scanPath(scratch.folder, { signal: controller.signal })).rejects.toThrow('stop');
});
