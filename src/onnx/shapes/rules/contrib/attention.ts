/** com.microsoft: attention with its projections and caches fused in, and the embedding that goes before it. */
import type { Dim } from '../../../build.ts';
import type { Call } from '../../call.ts';
import { floorDivide, mergeDims, plus, times } from '../../dims.ts';
import { type Rule, type RuleTable, type Shape, tensor, type ValueType } from '../../types.ts';
import { forEach, sameAs } from '../makers.ts';

export const CONTRIB_ATTENTION: RuleTable = {
  ...forEach(['Attention', 'DecoderMaskedSelfAttention'], projected(4, 0)),
  QAttention: projected(8, 2),
  ...forEach(['LongformerAttention', 'RotaryEmbedding', 'GemmaRotaryEmbedding'], sameAs(0)),
  PackedAttention: (call) => [tensor(call.dataType(0), [call.shapeOfRank(0, 2)?.[0] ?? null, hiddenSizes(call)[2]])],
  PackedMultiHeadAttention: (call) => {
    const query = call.shape(0);
    const hidden =
      query?.length === 4 ? times(query[1] as Dim, query[3] as Dim) : (call.shapeOfRank(2, 2)?.[1] ?? null);
    return [tensor(call.dataType(0), [query?.[0] ?? null, hidden])];
  },
  MultiHeadAttention: (call) => multiHead(call, 6, call.hasInput(8)),
  DecoderMaskedMultiHeadAttention: (call) => multiHead(call, 5, call.int('past_present_share_buffer', 0) !== 0),
  GroupQueryAttention: (call) => grouped(call, call.number(6)),
  SparseAttention: (call) => [grouped(call, null)[0] ?? null, call.input(3), call.input(4)],
  EmbedLayerNormalization: embedded((call) => call.dataType(2)),
  QEmbedLayerNormalization: embedded(() => 'float32'),
  RelativePositionBias: (call) => {
    const heads = call.shapeOfRank(0, 2)?.[1] ?? null;
    return [tensor(call.dataType(0), [1, heads, call.element(1), call.element(2)])];
  },
};

/** Sizes of query, key and value: an attribute, or thirds of the merged bias or weights. */
function hiddenSizes(call: Call): readonly [Dim, Dim, Dim] {
  const given = call.ints('qkv_hidden_sizes');
  if (given?.length === 3) return given as [number, number, number];
  const merged = call.shapeOfRank(2, 1)?.[0] ?? call.shapeOfRank(1, 2)?.[1] ?? null;
  const third = floorDivide(merged, 3);
  return [third, third, third];
}

/** Input (batch, sequence, …), merged weights, bias … → output, and keys and values in one tensor. */
function projected(past: number, typeFrom: number): Rule {
  return (call) => {
    const [batch = null, length = null] = call.shapeOfRank(0, 3) ?? [];
    const [query, , value] = hiddenSizes(call);
    const dataType = call.dataType(typeFrom);
    const cache = call.shapeOfRank(past, 5);
    const isShared = call.int('past_present_share_buffer', 0) !== 0;
    const heads = call.int('num_heads') ?? null;
    const total = isShared ? (cache?.[3] ?? null) : call.hasInput(past) ? plus(cache?.[3] ?? null, length) : length;
    const present = [2, mergeDims(batch, cache?.[1] ?? null), heads, total, floorDivide(query, heads)];
    return [tensor(dataType, [batch, length, value]), tensor(dataType, present)];
  };
}

/** Query, key and value apart, or packed into the query (…, heads, 3, size), or key and value into the key. */
function multiHead(call: Call, past: number, isShared: boolean): readonly (ValueType | null)[] {
  const query = call.shape(0);
  const dataType = call.dataType(0);
  if (query === null) return [tensor(dataType, null)];
  if (query.length !== 3 && query.length !== 5) call.fail(`input 0 has rank ${query.length} instead of 3 or 5`);
  const [batch = null, length = null] = query;
  const value = call.shape(2);
  const cache = call.shapeOfRank(past, 4);
  const heads = call.int('num_heads') ?? null;
  const present = (size: Dim) => tensor(dataType, [batch, heads, cachedLength(call, past, isShared), size]);
  const size = headSize(call, query, heads);
  return [
    tensor(dataType, [batch, length, outputSize(call, query, value)]),
    present(mergeDims(cache?.[3] ?? null, size)),
    present(call.shapeOfRank(past + 1, 4)?.[3] ?? size),
  ];
}

function outputSize(call: Call, query: readonly Dim[], value: Shape): Dim {
  if (query.length === 5) return times(query[2] as Dim, query[4] as Dim);
  if (value?.length === 4) return times(value[1] as Dim, value[3] as Dim);
  if (value !== null) return value[2] ?? null;
  if (call.hasInput(2)) return null;
  const isPacked = !call.hasInput(1);
  return isPacked ? floorDivide(query[2] ?? null, 3) : (query[2] ?? null);
}

function headSize(call: Call, query: readonly Dim[], heads: Dim): Dim {
  if (query.length === 5) return query[4] as Dim;
  const packed = query[2] ?? null;
  const width = call.hasInput(1) ? packed : floorDivide(packed, 3);
  return floorDivide(width, heads);
}

/** Keys of rank 4 are those of a cross attention: all that there are. */
function cachedLength(call: Call, past: number, isShared: boolean): Dim {
  const [cache, key] = [call.shapeOfRank(past, 4), call.shape(1)];
  if (isShared) return cache?.[2] ?? null;
  const added =
    key?.length === 4 ? (key[2] as Dim) : (key?.[1] ?? (call.hasInput(1) ? null : (call.shape(0)?.[1] ?? null)));
  return call.hasInput(past) ? plus(cache?.[2] ?? null, added) : added;
}

/** Query (…, heads × size) with keys and values apart or behind it; present caches may be longer than they are full. */
function grouped(call: Call, total: number | null): readonly (ValueType | null)[] {
  const [batch = null, length = null, width = null] = call.shapeOfRank(0, 3) ?? [];
  const [heads, cached] = [call.int('num_heads') ?? null, call.int('kv_num_heads') ?? null];
  const isPacked = !call.hasInput(1);
  const size = floorDivide(width, isPacked ? plus(heads, times(cached, 2)) : heads);
  const past = call.shapeOfRank(3, 4);
  const before = call.hasInput(3) ? (past?.[2] ?? null) : 0;
  const full = total !== null && typeof before === 'number' ? Math.max(total, before) : null;
  const present = tensor(call.hasInput(3) ? call.dataType(3) : call.dataType(0), [
    batch,
    cached,
    full,
    past?.[3] ?? size,
  ]);
  return [tensor(call.dataType(0), [batch, length, isPacked ? times(size, heads) : width]), present, present];
}

/** Numbers of words (batch, sequence) → what stands for them, which of them count, and the sum before it is normalized. */
function embedded(dataType: (call: Call) => ReturnType<Call['dataType']>): Rule {
  return (call) => {
    const [batch = null, length = null] = call.shapeOfRank(0, 2) ?? [];
    const words = tensor(dataType(call), [batch, length, call.shapeOfRank(2, 2)?.[1] ?? null]);
    return [words, tensor('int32', [batch]), words];
  };
}
