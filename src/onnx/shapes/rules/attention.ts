/** Attention and its relatives, with their caches. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { floorDivide, mergeDims, plus, times } from '../dims.ts';
import { type Rule, type RuleTable, type Shape, tensor, type ValueType } from '../types.ts';
import { sameAs } from './makers.ts';

export const ATTENTION: RuleTable = {
  Attention: attention,
  LinearAttention: (call) => {
    const [batch = null, length = null] = call.shapeOfRank(0, 3) ?? [];
    const [queryHeads, heads] = [call.int('q_num_heads') ?? null, call.int('kv_num_heads') ?? null];
    const [, , keys = null, values = null] = call.shapeOfRank(3, 4) ?? [];
    const valueSize = headSize(call.shapeOfRank(2, 3), heads);
    const state = [mergeDims(keys, headSize(call.shapeOfRank(1, 3), heads)), mergeDims(values, valueSize)];
    return [
      tensor(call.dataType(0), [batch, length, times(queryHeads, valueSize)]),
      tensor(call.hasInput(3) ? call.dataType(3) : call.dataType(0), [batch, heads, ...state]),
    ];
  },
  CausalConvWithState: (call) => {
    const [batch = null, channels = null] = call.shapeOfRank(0, 3) ?? [];
    const [kernels = null, , size = null] = call.shapeOfRank(1, 3) ?? [];
    const [, , past = null] = call.shapeOfRank(3, 3) ?? [];
    const state = [batch, mergeDims(channels, kernels), mergeDims(past, plus(size, -1))];
    return [call.input(0), tensor(call.dataType(0), state)];
  },
  RotaryEmbedding: sameAs(0),
  TensorScatter: sameAs(0),
};

export const PREVIEW_ATTENTION: RuleTable = {
  FlexAttention: flexAttention,
};

/** Batch, heads, length and size of a head, of a tensor of rank 4, or of one of rank 3 in which the heads lie side by side. */
interface Heads {
  readonly batch: Dim;
  readonly count: Dim;
  readonly length: Dim;
  readonly size: Dim;
}

function headsOf(call: Call, index: number, count: number | null): Heads {
  const shape = call.shape(index);
  if (shape?.length === 4) {
    const [batch, heads, length, size] = shape as readonly [Dim, Dim, Dim, Dim];
    return { batch, count: heads, length, size };
  }
  if (shape !== null && shape.length !== 3) call.fail(`input ${index} has rank ${shape.length} instead of 3 or 4`);
  return { batch: shape?.[0] ?? null, count, length: shape?.[1] ?? null, size: headSize(shape, count) };
}

function headSize(shape: Shape, count: Dim): Dim {
  return shape === null ? null : floorDivide(shape[2] as Dim, count);
}

/** Q, K, V, mask, past key, past value → Y, present key, present value, product of Q and K. */
function attention(call: Call): readonly (ValueType | null)[] {
  const keyValueHeads = call.int('kv_num_heads') ?? null;
  const query = headsOf(call, 0, call.int('q_num_heads') ?? null);
  const key = headsOf(call, 1, keyValueHeads);
  const value = headsOf(call, 2, keyValueHeads);
  const rank = call.rank(0);
  const batch = mergeDims(query.batch, key.batch);
  const total = call.hasInput(4) ? plus(call.shapeOfRank(4, 4)?.[2] ?? null, key.length) : key.length;
  const hidden = times(query.count, value.size);
  const output = rank === 3 ? [batch, query.length, hidden] : [batch, query.count, query.length, value.size];
  return [
    tensor(call.dataType(0), rank === null ? null : output),
    tensor(call.dataType(1), [batch, key.count, total, key.size]),
    tensor(call.dataType(2), [batch, value.count, total, value.size]),
    tensor(call.dataType(0), [batch, query.count, query.length, total]),
  ];
}

/** The graphs that change scores and probabilities keep their shape. */
function flexAttention(call: Call): ReturnType<Rule> {
  const [query, key, value] = [0, 1, 2].map((index) => call.shapeOfRank(index, 4));
  const precise = call.dataType(0) === 'float64' ? 'float64' : 'float32';
  const scores = tensor(call.dataTypeAttribute('softmax_precision') ?? precise, [
    query?.[0] ?? null,
    query?.[1] ?? null,
    query?.[2] ?? null,
    key?.[2] ?? null,
  ]);
  for (const name of ['score_mod', 'prob_mod']) call.subgraph(name, [scores]);
  return [tensor(call.dataType(0), [...(scores.shape ?? []).slice(0, 3), value?.[3] ?? null])];
}
