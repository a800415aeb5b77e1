/** Before opset 7 the second operand was aligned by an `axis` attribute; since then shapes align at their last dim. */
import { findAttribute, intAttribute } from '../attribute.ts';
import { makeNode } from '../build.ts';
import type { NodeProto } from '../proto.ts';
import { type Convert, edited, type GraphView, refused } from './conversion.ts';

const LEGACY = ['axis', 'broadcast', 'consumed_inputs'];

export const legacyBroadcast: Convert = (node, view) => {
  const result = edited(node, LEGACY);
  if (intAttribute(node, 'broadcast', 0) === 0 || findAttribute(node, 'axis') === undefined) return [result];
  const [first, second] = node.input as [string, string];
  const rank = rankOf(node, first, view);
  const secondRank = rankOf(node, second, view);
  const axis = intAttribute(node, 'axis', 0);
  if (axis < -rank || axis >= rank) throw refused(node, 7, `its axis ${axis} is none of the ${rank} of ${first}`);
  const trailing = rank - secondRank - (axis < 0 ? axis + rank : axis);
  return trailing <= 0 ? [result] : unsqueezed(result, 1, secondRank, trailing, view);
};

/** PRelu 7: a slope of one value per channel is aligned at the last dim too, so dims of size 1 are added behind it. */
export const preluSlope: Convert = (node, view) => {
  const [data, slope] = node.input as [string, string];
  const result = edited(node, LEGACY);
  const slopeShape = view.shape(slope) ?? view.constant(slope)?.dims;
  if (slopeShape?.length === 1 && slopeShape[0] === 1) return [result];
  const trailing = rankOf(node, data, view) - 2;
  if (slopeShape?.length !== 1 || trailing <= 0) return [result];
  return unsqueezed(result, 1, 1, trailing, view);
};

function rankOf(node: NodeProto, name: string, view: GraphView): number {
  const rank = view.shape(name)?.length ?? view.constant(name)?.dims.length;
  if (rank === undefined) throw refused(node, 7, `the rank of ${name} is not known, and its broadcast depends on it`);
  return rank;
}

function unsqueezed(node: NodeProto, position: number, rank: number, count: number, view: GraphView): NodeProto[] {
  const name = view.fresh(`${node.output[0]}_aligned`);
  const axes = Array.from({ length: count }, (_, i) => BigInt(rank + i));
  const unsqueeze = makeNode('Unsqueeze', [node.input[position] as string], [name], { name, attributes: { axes } });
  return [unsqueeze, { ...node, input: node.input.map((input, i) => (i === position ? name : input)) }];
}
