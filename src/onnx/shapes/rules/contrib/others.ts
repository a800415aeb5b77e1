/** com.microsoft: search for texts, embeddings, hashes and transforms. */
import type { Dim } from '../../../build.ts';
import type { Call } from '../../call.ts';
import { floorDivide, minus, plus, times } from '../../dims.ts';
import { type RuleTable, type Shape, tensor } from '../../types.ts';
import { forEach, sameAs } from '../makers.ts';
import { VISION } from '../vision.ts';

export const CONTRIB_OTHERS: RuleTable = {
  ...forEach(['GreedySearch', 'Sampling'], (call) => [tensor('int32', [batchOf(call), call.element(1)])]),
  BeamSearch: (call) => {
    const returned = call.element(4);
    return [tensor('int32', [batchOf(call), returned, call.element(1)]), tensor(null, [batchOf(call), returned])];
  },
  CDist: (call) => [tensor(call.dataType(0), [rowsOf(call, 0), rowsOf(call, 1)])],
  CropAndResize: (call) => {
    const [height = null, width = null] = call.list(3) ?? [];
    const channels = call.shapeOfRank(0, 4)?.[1] ?? null;
    return [tensor(call.dataType(0), [rowsOf(call, 1), channels, height, width])];
  },
  ExpandDims: (call) => [tensor(call.dataType(0), expanded(call))],
  GridSample: (call) => VISION.GridSample?.(call) ?? [],
  Irfft: (call) => {
    const shape = call.shape(0);
    const bins = shape?.at(-2) ?? null;
    return [tensor(call.dataType(0), shape && [...shape.slice(0, -2), times(minus(bins, 1), 2)])];
  },
  MurmurHash3: (call) => [tensor(call.int('positive', 1) === 0 ? 'int32' : 'uint32', call.shape(0))],
  NGramRepeatBlock: sameAs(1),
  Rfft: (call) => {
    const shape = call.shape(0);
    const length = shape?.at(-1) ?? null;
    return [tensor(call.dataType(0), shape && [...shape.slice(0, -1), plus(floorDivide(length, 2), 1), 2])];
  },
  TorchEmbedding: (call) => {
    const [table, indices] = [call.shapeOfRank(0, 2), call.shape(1)];
    return [tensor(call.dataType(0), indices === null ? null : [...indices, table?.[1] ?? null])];
  },
  Unique: (call) => {
    return [tensor(call.dataType(0), [null]), tensor('int64', [rowsOf(call, 0)]), tensor('int64', [null])];
  },
};

function batchOf(call: Call): Dim {
  return call.shape(0)?.[0] ?? null;
}

function rowsOf(call: Call, index: number): Dim {
  return call.shape(index)?.[0] ?? null;
}

function expanded(call: Call): Shape {
  const [shape, axis] = [call.shape(0), call.number(1)];
  if (shape === null || axis === null) return null;
  return shape.toSpliced(call.axis(axis, shape.length + 1), 0, 1);
}
