/** com.microsoft: operators that ONNX Runtime's optimizer makes of several, and those on packed weights. */
import type { Dim } from '../../../build.ts';
import { DATA_TYPES } from '../../../data-type.ts';
import type { Call } from '../../call.ts';
import { floorDivide, times } from '../../dims.ts';
import { type RuleTable, type Shape, tensor } from '../../types.ts';
import { convolved } from '../convolution.ts';
import { forEach, sameAs } from '../makers.ts';
import { gemmShape, matMulShape, multiplied } from '../matrices.ts';
import { channelsLast } from './channels-last.ts';

const SAME_AS_FIRST = [
  ...['BiasAdd', 'BiasGelu', 'BiasSoftmax', 'FastGelu', 'Gelu', 'GroupNorm', 'Inverse', 'MoE', 'QMoE', 'QuickGelu'],
  ...['ScaledSiLU', 'Trilu'],
];

export const CONTRIB_FUSED: RuleTable = {
  ...forEach(SAME_AS_FIRST, sameAs(0)),
  ...forEach(['FusedMatMul', 'FusedMatMulActivation', 'TransposeMatMul'], (call) => [
    tensor(call.dataType(0), multiplied(call, turned(call, 0, 'A'), turned(call, 1, 'B'))),
  ]),
  ...forEach(['MatMulNBits', 'MatMulBnb4'], (call) => {
    return [tensor(call.dataType(0), withLast(call, call.int('N') ?? null))];
  }),
  ...forEach(['NhwcConv', 'NhwcFusedConv'], (call) => [tensor(call.dataType(0), channelsLast(call, { weights: 1 }))]),
  BiasDropout: (call) => [call.input(0), tensor('bool', call.shape(0))],
  BiasSplitGelu: (call) => [tensor(call.dataType(0), halved(call))],
  FusedConv: (call) => [tensor(call.dataType(0), convolved(call, 0, 1))],
  FusedGemm: (call) => [tensor(call.dataType(0), gemmShape(call, 0, 1))],
  GatherBlockQuantized: (call) => [tensor(call.dataType(2), gatheredBlocks(call))],
  GemmFastGelu: (call) => [tensor(call.dataType(0), matMulShape(call, 0, 1))],
  GemmFloat8: (call) => [tensor(call.dataTypeAttribute('dtype') ?? 'float32', gemmShape(call, 0, 1))],
  NhwcMaxPool: (call) => [tensor(call.dataType(0), channelsLast(call, {}))],
  SkipGroupNorm: (call) => [call.input(0), call.input(0)],
  ...forEach(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'], (call) => {
    const statistics = tensor('float32', withLast(call, 1));
    return [call.input(0), statistics, statistics, call.input(0)];
  }),
  SwiGLU: (call) => [call.hasInput(1) ? call.input(0) : tensor(call.dataType(0), halved(call))],
};

/** Operators of ONNX Runtime that it keeps in the default domain. */
export const CONTRIB_DEFAULT_DOMAIN: RuleTable = {
  SimplifiedLayerNormalization: (call) => {
    const shape = call.shape(0);
    const axis = shape === null ? 0 : call.axis(call.int('axis', -1), shape.length);
    const folded = shape?.map((dim, at) => (at < axis ? dim : 1)) ?? null;
    return [tensor(call.dataType(1), shape), tensor(call.dataTypeAttribute('stash_type') ?? 'float32', folded)];
  },
};

/** The shape of the first input with another last dim. */
function withLast(call: Call, dim: Dim): Shape {
  const shape = call.shape(0);
  return shape === null ? null : shape.map((old, axis) => (axis === shape.length - 1 ? dim : old));
}

function halved(call: Call): Shape {
  return withLast(call, floorDivide(call.shape(0)?.at(-1) ?? null, 2));
}

/** `transBatchA` takes the first axis behind the batch axes, `transA` swaps the last two. */
function turned(call: Call, index: number, side: 'A' | 'B'): Shape {
  let shape = call.shape(index);
  if (shape === null || shape.length < 2) return shape;
  if (call.int(`transBatch${side}`, 0) !== 0) shape = [...shape.slice(1, -1), shape[0] as Dim, shape.at(-1) as Dim];
  if (call.int(`trans${side}`, 0) === 0) return shape;
  return [...shape.slice(0, -2), shape.at(-1) as Dim, shape.at(-2) as Dim];
}

/** Weights of some bits may lie packed in bytes, along the last axis. */
function gatheredBlocks(call: Call): Shape {
  const [packed, indices] = [call.shape(0), call.shape(1)];
  const dataType = call.dataType(0);
  if (packed === null || indices === null || dataType === null) return null;
  const axis = call.axis(call.int('gather_axis', 0), packed.length);
  const perByte = dataType === 'uint8' ? (DATA_TYPES[dataType].bits as number) / call.int('bits', 4) : 1;
  const data = packed.map((dim, at) => (at === packed.length - 1 ? times(dim, perByte) : dim));
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}
