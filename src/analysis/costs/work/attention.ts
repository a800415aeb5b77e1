/**
 * Attention where query, key and value are inputs: every query is multiplied with every key (QKᵀ), and every result with
 * every value. Masks, causal ones too, do not make it less: kernels calculate and then mask.
 */
import { intAttribute } from '../../../onnx/attribute.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { isThere, microsoft, multiplied, type Work, type WorkRule, type WorkTable } from './rule.ts';

/** For each score: scale, mask, and softmax with its 5 (see normalization.ts). */
const FLOPS_PER_SCORE = 7;

export interface Heads {
  /** Batch × sequence of the queries: how many tokens ask. */
  readonly queries: number;
  /** Keys that each query meets. */
  readonly keys: number;
  readonly heads: number;
  /** All heads together: heads × head size of queries, and of values. */
  readonly queryWidth: number;
  readonly valueWidth: number;
}

export function attended({ queries, keys, heads, queryWidth, valueWidth }: Heads, projections = 0): Work {
  return multiplied(projections + queries * keys * (queryWidth + valueWidth), FLOPS_PER_SCORE * queries * keys * heads);
}

/** Length of a cache of [batch, heads, length, head size]; 0 where there is none. */
export function pastLength(name: string | undefined, shapes: KnownShapes): number {
  return isThere(name) ? shapes.dim(name, -2) : 0;
}

/** How many of `keys` a window of attention lets through; windows below 0 are open. */
function windowed(keys: number, left: number, right: number): number {
  return left < 0 || right < 0 ? keys : Math.min(keys, left + right + 1);
}

/** ai.onnx: [batch, heads, length, head size], or [batch, length, width] with the heads as attributes. */
const standard: WorkRule = (node, shapes) => {
  const [query, key, value, , past] = node.input;
  const is4d = shapes.dims(query)?.length === 4;
  const heads = is4d ? shapes.dim(query, 1) : intAttribute(node, 'q_num_heads', Number.NaN);
  const sharing = is4d ? heads / shapes.dim(key, 1) : heads / intAttribute(node, 'kv_num_heads', Number.NaN);
  const width = (name: string | undefined): number => shapes.dim(name, -1) * (is4d ? shapes.dim(name, 1) : 1);
  const keys = shapes.dim(key, -2) + pastLength(past, shapes);
  return attended({
    queries: shapes.dim(query, 0) * shapes.dim(query, -2),
    keys: windowed(keys, intAttribute(node, 'left_window_size', -1), intAttribute(node, 'right_window_size', -1)),
    heads,
    queryWidth: width(query),
    valueWidth: width(value) * sharing,
  });
};

/** Key [batch, length, width], packed [batch, length, heads, 2, head size], or a cache [batch, heads, length, head size]. */
const multiHead: WorkRule = (node, shapes) => {
  const [query, key, value, , , , past] = node.input;
  const heads = intAttribute(node, 'num_heads', Number.NaN);
  const isPacked = shapes.dims(query)?.length === 5;
  const width = isPacked ? heads * shapes.dim(query, -1) : shapes.dim(query, -1);
  const keyAxis = shapes.dims(key)?.length === 4 ? 2 : 1;
  const keys = isThere(key) ? shapes.dim(key, keyAxis) : shapes.dim(query, 1);
  return attended({
    queries: shapes.dim(query, 0) * shapes.dim(query, 1),
    keys: keys + pastLength(past, shapes),
    heads,
    queryWidth: width,
    valueWidth: isThere(value) ? widthOf(value, heads, shapes) : width,
  });
};

function widthOf(name: string, heads: number, shapes: KnownShapes): number {
  return shapes.dim(name, -1) * (shapes.dims(name)?.length === 4 ? heads : 1);
}

/** Groups of queries share keys and values. The present cache is as long as all that is attended to. */
const groupQuery: WorkRule = (node, shapes) => {
  const [query, key, , past] = node.input;
  const heads = intAttribute(node, 'num_heads', Number.NaN);
  const shared = intAttribute(node, 'kv_num_heads', heads);
  // Without keys, the query holds all three beside each other.
  const width = shapes.dim(query, -1) * (isThere(key) ? 1 : heads / (heads + 2 * shared));
  const present = shapes.dim(node.output[1], 2);
  const keys = Number.isNaN(present) ? shapes.dim(query, 1) + pastLength(past, shapes) : present;
  const window = intAttribute(node, 'local_window_size', -1);
  return attended({
    queries: shapes.dim(query, 0) * shapes.dim(query, 1),
    keys: window > 0 ? Math.min(keys, window) : keys,
    heads,
    queryWidth: width,
    valueWidth: width,
  });
};

/** One new token for each sequence, against its cache and itself. */
const decoderMasked: WorkRule = (node, shapes) => {
  const [query, key, value, , , past] = node.input;
  const heads = intAttribute(node, 'num_heads', Number.NaN);
  const isCross = shapes.dims(key)?.length === 4;
  const width = isThere(key) ? shapes.dim(query, -1) : shapes.dim(query, -1) / 3;
  return attended({
    queries: shapes.dim(query, 0) * shapes.dim(query, 1),
    keys: isCross ? shapes.dim(key, 2) : 1 + pastLength(past, shapes),
    heads,
    queryWidth: width,
    valueWidth: isThere(value) ? widthOf(value, heads, shapes) : width,
  });
};

/** Tokens of all sequences in one row; sequences are taken to be as long as the longest. */
const packedMultiHead: WorkRule = (node, shapes) => {
  const [query, key, value, , offsets] = node.input;
  const heads = intAttribute(node, 'num_heads', Number.NaN);
  const width = isThere(key) ? shapes.dim(query, -1) : heads * shapes.dim(query, -1);
  return attended({
    queries: shapes.dim(query, 0),
    keys: shapes.dim(offsets, 1),
    heads,
    queryWidth: width,
    valueWidth: isThere(value) ? shapes.dim(value, -1) : width,
  });
};

/**
 * A state of [key size, value size] for each head: every token adds one outer product, reads the state once for the output
 * and, by the delta rule, once more before it writes.
 */
const linear: WorkRule = (node, shapes) => {
  const [query, key, value] = node.input;
  const heads = intAttribute(node, 'q_num_heads', Number.NaN);
  const shared = intAttribute(node, 'kv_num_heads', heads);
  const state = (shapes.dim(key, -1) / shared) * (shapes.dim(value, -1) / shared);
  const tokens = shapes.size(query) / shapes.dim(query, -1);
  const rule = new TextDecoder().decode(node.attribute.find(({ name }) => name === 'update_rule')?.s);
  return multiplied(tokens * state * (heads + shared * (rule.includes('delta') ? 2 : 1)));
};

export const ATTENTION: WorkTable = {
  Attention: standard,
  LinearAttention: linear,
  'ai.onnx.preview::FlexAttention': standard,
  ...microsoft({
    MultiHeadAttention: multiHead,
    GroupQueryAttention: groupQuery,
    SparseAttention: groupQuery,
    DecoderMaskedMultiHeadAttention: decoderMasked,
    PackedMultiHeadAttention: packedMultiHead,
    LinearAttention: linear,
  }),
};
