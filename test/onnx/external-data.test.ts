import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { makeAttribute, makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../src/onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { ExternalInspector } from '../../src/onnx/external/inspect.ts';
import type { ExternalDataPolicy } from '../../src/onnx/external-data.ts';
import { openModel } from '../../src/onnx/open.ts';
import type { FunctionProto, GraphProto, ModelProto, SparseTensorProto, TensorProto } from '../../src/onnx/proto.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write.ts';

const VALUES = Float32Array.of(1, 2, 3, 4);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nimify-external-'));
  folder('model');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string): string {
  mkdirSync(join(root, name), { recursive: true });
  return join(root, name);
}

interface Entries {
  readonly location?: string;
  readonly offset?: string;
  readonly length?: string;
}

function externalTensor(entries: Entries, dims: number[] = [4], dataType: DataType = 'float32'): TensorProto {
  return {
    name: 'w',
    dims,
    dataType: DATA_TYPES[dataType].code,
    stringData: [],
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    dataLocation: 1,
    metadataProps: [],
  };
}

const graphWith = (initializers: TensorProto[], parts: Partial<GraphProto> = {}): GraphProto => ({
  ...makeGraph({
    name: 'g',
    nodes: [makeNode('Add', ['x', 'w'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
    initializers,
  }),
  ...parts,
});

const modelOf = (graph: GraphProto, parts: Partial<ModelProto> = {}): ModelProto => ({
  ...makeModel({ opset: 17, irVersion: 9, graph }),
  ...parts,
});

function write(model: ModelProto, path = join(root, 'model', 'm.onnx')): string {
  writeFileSync(path, encodedBytes(encodeModel(model)));
  return path;
}

const data = (path = 'model/w.bin', bytes: Uint8Array = new Uint8Array(VALUES.buffer)): void =>
  writeFileSync(join(root, path), bytes);

function errorOf(work: () => unknown): NimifyError {
  try {
    work();
  } catch (error) {
    if (error instanceof NimifyError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const refusal = (tensor: TensorProto): string => errorOf(() => openModel(write(modelOf(graphWith([tensor]))))).code;

describe('paths that are refused', () => {
  test.each([
    ['the folder above', '../w.bin'],
    ['a way out and in again', 'a/../../model/w.bin'],
    ['an absolute path', '/etc/hostname'],
    ['a Windows drive', 'C:\\w.bin'],
    ['backslashes', '..\\w.bin'],
    ['a NUL, behind which ONNX Runtime stops reading', 'w.bin\0.txt'],
    ['a memory address', '*/_ORT_MEM_ADDR_/*'],
    ['nothing', ''],
    ['the folder itself', '.'],
  ])('%s', (_, location) => {
    data();
    writeFileSync(join(root, 'w.bin'), VALUES);
    expect(refusal(externalTensor({ location }))).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a subfolder that is a folder and not a file', () => {
    folder('model/sub');
    expect(refusal(externalTensor({ location: 'sub' }))).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a link to a file outside', () => {
    folder('secrets');
    data('secrets/key');
    symlinkSync(join(root, 'secrets', 'key'), join(root, 'model', 'w.bin'));
    expect(refusal(externalTensor({ location: 'w.bin' }))).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a linked folder that leads outside', () => {
    folder('secrets');
    data('secrets/key');
    symlinkSync(join(root, 'secrets'), join(root, 'model', 'sub'));
    expect(refusal(externalTensor({ location: 'sub/key' }))).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a folder whose name only begins like that of the model', () => {
    folder('model-other');
    data('model-other/w.bin');
    symlinkSync(join(root, 'model-other', 'w.bin'), join(root, 'model', 'w.bin'));
    expect(refusal(externalTensor({ location: 'w.bin' }))).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a hard link, which may be any file of the disk; the hint says how to keep it', () => {
    data('key');
    linkSync(join(root, 'key'), join(root, 'model', 'w.bin'));
    const error = errorOf(() => openModel(write(modelOf(graphWith([externalTensor({ location: 'w.bin' })])))));
    expect(error.code).toBe('EXTERNAL_DATA_UNSAFE');
    expect(error.message).toContain('2 hard links');
    expect(error.hint).toContain('cp FILE FILE.copy');
    copyFileSync(join(root, 'key'), join(root, 'copy'));
    rmSync(join(root, 'model', 'w.bin'));
    copyFileSync(join(root, 'copy'), join(root, 'model', 'w.bin'));
    expect(openModel(join(root, 'model', 'm.onnx')).externalFiles).toHaveLength(1);
  });

  test('a second location, of which readers might take the other one', () => {
    data();
    const tensor = externalTensor({ location: '../w.bin' });
    tensor.externalData.push({ key: 'location', value: 'w.bin' });
    expect(refusal(tensor)).toBe('EXTERNAL_DATA_UNSAFE');
  });
});

test('a name that is too long for any file is a file that is missing', () => {
  expect(refusal(externalTensor({ location: 'w'.repeat(5000) }))).toBe('EXTERNAL_DATA_MISSING');
});

describe('what the user may let pass', () => {
  const opened = (policy: ExternalDataPolicy) =>
    openModel(write(modelOf(graphWith([externalTensor({ location: 'w.bin' })]))), policy).externalFiles.length;

  test('a hard link, and nothing else with it', () => {
    data('key');
    linkSync(join(root, 'key'), join(root, 'model', 'w.bin'));
    expect(errorOf(() => opened({ allowsLinks: true })).code).toBe('EXTERNAL_DATA_UNSAFE');
    expect(opened({ allowsHardLinks: true })).toBe(1);
  });

  test('a link that leaves the folder, and nothing else with it', () => {
    folder('store');
    data('store/blob');
    symlinkSync(join(root, 'store', 'blob'), join(root, 'model', 'w.bin'));
    expect(errorOf(() => opened({ allowsHardLinks: true })).code).toBe('EXTERNAL_DATA_UNSAFE');
    expect(opened({ allowsLinks: true })).toBe(1);
    expect(
      errorOf(() =>
        openModel(write(modelOf(graphWith([externalTensor({ location: '../store/blob' })]))), { allowsLinks: true }),
      ).message,
    ).toContain('leaves the folder of the model');
  });
});

describe('wherever the tensor is', () => {
  const bad = (): TensorProto => externalTensor({ location: '../w.bin' });
  const sparse = (): SparseTensorProto => ({ values: bad(), dims: [4] });
  const attribute = () => ({ ...makeAttribute('value', 0), f: undefined, t: bad(), type: 4 });
  const constant = () => ({ ...makeNode('Constant', [], ['c']), attribute: [withoutF(attribute())] });
  const withoutF = ({ f: _f, ...rest }: ReturnType<typeof attribute>) => rest;
  const fn = (parts: Partial<FunctionProto>): FunctionProto => ({
    name: 'f',
    domain: 'local',
    input: [],
    output: [],
    attribute: [],
    node: [],
    opsetImport: [],
    attributeProto: [],
    valueInfo: [],
    metadataProps: [],
    ...parts,
  });
  const inner = (): GraphProto => graphWith([bad()]);
  const training = { initializationBinding: [], updateBinding: [], metadataProps: [] };

  test.each<[string, () => ModelProto]>([
    ['an initializer', () => modelOf(graphWith([bad()]))],
    ['a sparse initializer', () => modelOf(graphWith([], { sparseInitializer: [sparse()] }))],
    [
      'the indices of a sparse initializer',
      () => modelOf(graphWith([], { sparseInitializer: [{ indices: bad(), dims: [4] }] })),
    ],
    ['a Constant node', () => modelOf(graphWith([], { node: [constant()] }))],
    [
      'a list of tensors in an attribute',
      () =>
        modelOf(
          graphWith([], { node: [{ ...constant(), attribute: [{ ...withoutF(attribute()), tensors: [bad()] }] }] }),
        ),
    ],
    [
      'a sparse attribute',
      () =>
        modelOf(
          graphWith([], {
            node: [{ ...constant(), attribute: [{ ...makeAttribute('sparse_value', 1n), sparseTensor: sparse() }] }],
          }),
        ),
    ],
    [
      'a subgraph of a subgraph',
      () => {
        const middle = graphWith([], {
          node: [makeNode('If', ['x'], ['y'], { attributes: { then_branch: inner() } })],
        });
        return modelOf(
          graphWith([], { node: [makeNode('If', ['x'], ['y'], { attributes: { then_branch: middle } })] }),
        );
      },
    ],
    ['a function body', () => modelOf(graphWith([]), { functions: [fn({ node: [constant()] })] })],
    [
      'a default value of a function',
      () => modelOf(graphWith([]), { functions: [fn({ attributeProto: [withoutF(attribute())] })] }),
    ],
    [
      'a graph that is a default value of a function',
      () => modelOf(graphWith([]), { functions: [fn({ attributeProto: [makeAttribute('body', inner())] })] }),
    ],
    ['a training graph', () => modelOf(graphWith([]), { trainingInfo: [{ ...training, algorithm: inner() }] })],
  ])('a path out of the folder is found in %s', (_, make) => {
    writeFileSync(join(root, 'w.bin'), VALUES);
    expect(errorOf(() => openModel(write(make()))).code).toBe('EXTERNAL_DATA_UNSAFE');
  });
});

describe('ranges that are refused', () => {
  test.each([
    ['an offset behind the end', { offset: '17' }],
    ['an offset and a length that together pass the end', { offset: '8', length: '16' }],
    ['a negative offset', { offset: '-4' }],
    ['an offset that is no number', { offset: '0x0' }],
    ['an offset that overflows 64 bits', { offset: '18446744073709551616' }],
    ['a length that overflows when the offset is added', { offset: '8', length: '9223372036854775807' }],
    ['a length that does not fit the dims', { length: '8' }],
  ])('%s', (_, entries) => {
    data();
    expect(refusal(externalTensor({ location: 'w.bin', ...entries }))).toBe('EXTERNAL_DATA_RANGE');
  });

  test('dims that ask for more, less, negative or endless values', () => {
    data();
    for (const dims of [[5], [3], [-4], [-2, -2], [2 ** 52, 2 ** 52]]) {
      expect(refusal(externalTensor({ location: 'w.bin' }, dims))).toBe('EXTERNAL_DATA_RANGE');
    }
  });

  test('strings, which cannot be external', () => {
    data();
    expect(refusal(externalTensor({ location: 'w.bin' }, [4], 'string'))).toBe('EXTERNAL_DATA_RANGE');
  });
});

describe('data that is not there', () => {
  test('a missing file is named with the tensor and the place where it should be', () => {
    const error = errorOf(() => openModel(write(modelOf(graphWith([externalTensor({ location: 'w.bin' })])))));
    expect(error.code).toBe('EXTERNAL_DATA_MISSING');
    expect(error.message).toContain('w.bin of tensor w');
    expect(error.hint).toContain(join(root, 'model', 'w.bin'));
  });

  test('a model that is a link to a folder with the data gets the path to give instead', () => {
    data();
    write(modelOf(graphWith([externalTensor({ location: 'w.bin' })])));
    symlinkSync(join(root, 'model', 'm.onnx'), join(root, 'link.onnx'));
    const error = errorOf(() => openModel(join(root, 'link.onnx')));
    expect(error.code).toBe('EXTERNAL_DATA_MISSING');
    expect(error.hint).toContain(join(root, 'model', 'm.onnx'));
  });

  test('a link that leads nowhere', () => {
    symlinkSync('gone.bin', join(root, 'model', 'w.bin'));
    expect(refusal(externalTensor({ location: 'w.bin' }))).toBe('EXTERNAL_DATA_MISSING');
  });
});

describe('data that is read', () => {
  const open = (entries: Entries, dims?: number[]) =>
    openModel(write(modelOf(graphWith([externalTensor(entries, dims)]))));

  test('a whole file, a part of it, and a file in a subfolder', () => {
    data();
    folder('model/sub');
    data('model/sub/w.bin');
    expect(loadTensor(open({ location: 'w.bin' }).proto.graph.initializer[0]!).data).toEqual(VALUES);
    const part = open({ location: 'w.bin', offset: '4', length: '8' }, [2]);
    expect(loadTensor(part.proto.graph.initializer[0]!).data).toEqual(Float32Array.of(2, 3));
    expect(loadTensor(open({ location: 'sub/w.bin' }).proto.graph.initializer[0]!).data).toEqual(VALUES);
  });

  test('each file is listed once, with its size', () => {
    data();
    const tensors = [externalTensor({ location: 'w.bin' }), externalTensor({ location: 'w.bin', offset: '8' }, [2])];
    const { externalFiles } = openModel(write(modelOf(graphWith(tensors))));
    expect(externalFiles).toEqual([{ location: 'w.bin', path: join(root, 'model', 'w.bin'), sizeBytes: 16 }]);
  });

  test('a link that stays inside of the folder', () => {
    data('model/real.bin');
    symlinkSync('real.bin', join(root, 'model', 'w.bin'));
    expect(loadTensor(open({ location: 'w.bin' }).proto.graph.initializer[0]!).data).toEqual(VALUES);
  });

  test('a Hugging Face cache: links in snapshots, targets side by side in blobs', () => {
    folder('hub/blobs');
    const snapshot = folder('hub/snapshots/abc');
    write(modelOf(graphWith([externalTensor({ location: 'm.onnx_data' })])), join(root, 'hub/blobs/1111'));
    data('hub/blobs/2222');
    symlinkSync('../../blobs/1111', join(snapshot, 'm.onnx'));
    symlinkSync('../../blobs/2222', join(snapshot, 'm.onnx_data'));
    const model = openModel(join(snapshot, 'm.onnx'));
    expect(loadTensor(model.proto.graph.initializer[0]!).data).toEqual(VALUES);
  });

  test('a model whose folder is reached through a link', () => {
    data();
    write(modelOf(graphWith([externalTensor({ location: 'w.bin' })])));
    symlinkSync(join(root, 'model'), join(root, 'latest'));
    expect(openModel(join(root, 'latest', 'm.onnx')).externalFiles).toHaveLength(1);
  });

  test('embedding copies the values into one file that needs no other', async () => {
    data();
    const { proto } = open({ location: 'w.bin' });
    await writeModel(proto, join(root, 'alone', 'm.onnx'), { data: 'embed' });
    const alone = openModel(join(root, 'alone', 'm.onnx'));
    expect(alone.externalFiles).toEqual([]);
    expect(loadTensor(alone.proto.graph.initializer[0]!).data).toEqual(VALUES);
  });

  test('entries that this version does not know survive, such as checksum', async () => {
    data();
    const tensor = externalTensor({ location: 'w.bin' });
    tensor.externalData.push({ key: 'checksum', value: 'da39a3ee' });
    const path = write(modelOf(graphWith([tensor])));
    await writeModel(openModel(path).proto, join(root, 'model', 'copy.onnx'));
    expect(readFileSync(join(root, 'model', 'copy.onnx')).equals(readFileSync(path))).toBe(true);
  });
});

test('a model that names more data files than any exporter writes is refused before the disk is asked for each', () => {
  const many = Array.from({ length: 20_001 }, (_, index) => externalTensor({ location: `gone-${index}` }));
  const inspector = new ExternalInspector(join(root, 'model', 'm.onnx'));
  const kinds = many.map((tensor) =>
    inspector
      .inspect(tensor)
      .problems.map(({ kind }) => kind)
      .join(),
  );
  expect(kinds.at(-2)).toBe('missing');
  expect(kinds.at(-1)).toBe('location');
});
