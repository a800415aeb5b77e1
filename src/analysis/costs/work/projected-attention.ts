/** Attention operators of ONNX Runtime that hold the projections of query, key and value as weights of their own. */
import { intAttribute, intsAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import { attended, pastLength } from './attention.ts';
import { microsoft, type WorkRule, type WorkTable } from './rule.ts';

/** Widths of query and value: as the attribute says, or a third of the merged weights each. */
function widths(node: NodeProto, merged: number): readonly [query: number, value: number] {
  const given = intsAttribute(node, 'qkv_hidden_sizes')?.map(Number);
  return given?.length === 3 ? [given[0] as number, given[2] as number] : [merged / 3, merged / 3];
}

/** Input [batch, length, width], weights [width, query + key + value], past [2, batch, heads, length, head size]. */
const merged =
  (past: number): WorkRule =>
  (node, shapes) => {
    const [data, weight] = node.input;
    const [queryWidth, valueWidth] = widths(node, shapes.dim(weight, 1));
    const queries = shapes.dim(data, 0) * shapes.dim(data, 1);
    return attended(
      {
        queries,
        keys: shapes.dim(data, 1) + pastLength(node.input[past], shapes),
        heads: intAttribute(node, 'num_heads', Number.NaN),
        queryWidth,
        valueWidth,
      },
      queries * shapes.size(weight),
    );
  };

/** The three weights are inputs 5 to 7, the past is input 18. */
const ordered: WorkRule = (node, shapes) => {
  const queries = shapes.dim(node.input[0], 0) * shapes.dim(node.input[0], 1);
  const [query, key, value] = node.input.slice(5, 8);
  return attended(
    {
      queries,
      keys: shapes.dim(node.input[0], 1) + pastLength(node.input[18], shapes),
      heads: intAttribute(node, 'num_heads', Number.NaN),
      queryWidth: shapes.dim(query, 1),
      valueWidth: shapes.dim(value, 1),
    },
    queries * (shapes.size(query) + shapes.size(key) + shapes.size(value)),
  );
};

/** Tokens of all sequences in one row; sequences are taken to be as long as the longest. */
const packed: WorkRule = (node, shapes) => {
  const [data, weight, , offsets] = node.input;
  const [queryWidth, valueWidth] = widths(node, shapes.dim(weight, 1));
  const queries = shapes.dim(data, 0);
  const heads = intAttribute(node, 'num_heads', Number.NaN);
  return attended(
    { queries, keys: shapes.dim(offsets, 1), heads, queryWidth, valueWidth },
    queries * shapes.size(weight),
  );
};

/** `window` tokens to each side and itself; tokens with global attention, which the data names, are not counted. */
const longformer =
  (weight: number): WorkRule =>
  (node, shapes) => {
    const queries = shapes.dim(node.input[0], 0) * shapes.dim(node.input[0], 1);
    const width = shapes.dim(node.input[0], 2);
    return attended(
      {
        queries,
        keys: Math.min(shapes.dim(node.input[0], 1), 2 * intAttribute(node, 'window', Number.NaN) + 1),
        heads: intAttribute(node, 'num_heads', Number.NaN),
        queryWidth: width,
        valueWidth: width,
      },
      queries * shapes.size(node.input[weight]),
    );
  };

/** Query [length, batch, width] and key [all, batch, width], each with its weights; a cache is not counted. */
const decoder: WorkRule = (node, shapes) => {
  const [query, key, queryWeight, keyWeight] = node.input;
  const queries = shapes.dim(query, 0) * shapes.dim(query, 1);
  const width = shapes.dim(query, 2);
  return attended(
    {
      queries,
      keys: shapes.dim(key, 0),
      heads: intAttribute(node, 'num_heads', Number.NaN),
      queryWidth: width,
      valueWidth: width,
    },
    queries * shapes.size(queryWeight) + shapes.dim(key, 0) * shapes.dim(key, 1) * shapes.size(keyWeight),
  );
};

export const PROJECTED_ATTENTION: WorkTable = microsoft({
  Attention: merged(4),
  DecoderMaskedSelfAttention: merged(4),
  QAttention: merged(8),
  QOrderedAttention: ordered,
  PackedAttention: packed,
  LongformerAttention: longformer(1),
  QOrderedLongformerAttention: longformer(2),
  DecoderAttention: decoder,
});
