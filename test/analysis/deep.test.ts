import { describe, expect, test } from 'vitest';
import { readDeep } from '../../src/analysis/deep/deep.ts';
import { deepFindings } from '../../src/analysis/deep/findings.ts';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { TensorProto } from '../../src/onnx/proto.ts';

const read = (weights: TensorProto[]) => {
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('Identity', ['x'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', [1])],
    outputs: [makeValueInfo('y', 'float32', [1])],
    initializers: weights,
  });
  const options = { signal: new AbortController().signal, report: () => {} };
  return readDeep(makeModel({ graph, opset: 17, irVersion: 8 }), options);
};
const weight = (name: string, values: number[]): TensorProto =>
  makeTensor(name, { dataType: 'float32', dims: [values.length], data: Float32Array.from(values) });
const ramp = (from: number): number[] => Array.from({ length: 32 }, (_, i) => from + i);

describe('analyze --deep', () => {
  test('NaN and infinity are a finding per weight', async () => {
    const deep = await read([weight('good', [1, 2]), weight('bad', [Number.NaN, 1, Number.POSITIVE_INFINITY])]);
    expect(deepFindings(deep)).toMatchObject([
      { code: 'WEIGHT_NOT_FINITE', where: 'bad', args: { nan: 1, infinity: 1, count: 3 } },
    ]);
  });

  test('the mask of an attention, zeros and minus infinity, is no accident; infinity among varying values is', async () => {
    const infinity = Number.NEGATIVE_INFINITY;
    const deep = await read([
      weight('mask', [0, infinity, 0, infinity]),
      weight('scalar', [infinity]),
      weight('w', [1, 2, infinity]),
    ]);
    expect(deepFindings(deep)).toMatchObject([{ code: 'WEIGHT_NOT_FINITE', where: 'w' }]);
  });

  test('equal weights are grouped, and what they waste is summed; scalars are not worth a word', async () => {
    const deep = await read([
      weight('a', ramp(1)),
      weight('b', ramp(1)),
      weight('c', ramp(2)),
      weight('d', [1]),
      weight('e', [1]),
    ]);
    expect(deep).toMatchObject({ duplicateBytes: 128, duplicates: [{ names: ['a', 'b'], sizeBytes: 128 }] });
    expect(deepFindings(deep)).toMatchObject([
      { code: 'WEIGHTS_DUPLICATED', args: { groups: 1, bytes: 128, largest: ['a', 'b'] } },
    ]);
  });

  test('values beyond float16 are named with their size, and most zeros are told', async () => {
    const deep = await read([weight('w', [-70_000, 0, 0, 0])]);
    expect(deep.zeroRatio).toBe(0.75);
    expect(deepFindings(deep)).toMatchObject([
      { code: 'WEIGHTS_BEYOND_FLOAT16', args: { count: 1, tensors: { w: 70_000 } } },
      { code: 'WEIGHTS_SPARSE', args: { ratio: 0.75 } },
    ]);
  });

  test('a model without weights has neither zeros nor findings', async () => {
    const deep = await read([]);
    expect(deep).toMatchObject({ tensors: [], zeroRatio: null, duplicateBytes: 0 });
    expect(deepFindings(deep)).toEqual([]);
  });
});
