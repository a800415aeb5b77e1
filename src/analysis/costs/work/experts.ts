/** Mixtures of experts: every token passes the layers of `k` experts. */
import { intAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { isThere, macRule, microsoft, type WorkTable } from './rule.ts';

/** Input that holds the weights of a layer, and the attribute with their bits where they are packed into bytes. */
type Layer = readonly [input: number, bits: string | null];

const MOE: readonly Layer[] = [
  [2, null],
  [4, null],
  [6, null],
];
const QMOE: readonly Layer[] = [
  [2, 'fc1_expert_weight_bits'],
  [5, 'fc2_expert_weight_bits'],
  [8, 'fc3_expert_weight_bits'],
];

const mixture = (layers: readonly Layer[]) => (node: NodeProto, shapes: KnownShapes) => {
  const tokens = shapes.size(node.input[0]) / shapes.dim(node.input[0], -1);
  const weights = layers
    .filter(([input]) => isThere(node.input[input]))
    .map(([input, bits]) => (shapes.size(node.input[input]) / shapes.dim(node.input[input], 0)) * perByte(node, bits));
  return tokens * intAttribute(node, 'k', 1) * weights.reduce((sum, weight) => sum + weight, 0);
};

/** `expert_weight_bits` is 4 by default and stands for layers without an attribute of their own. */
function perByte(node: NodeProto, bits: string | null): number {
  if (bits === null) return 1;
  return 8 / (intAttribute(node, bits, 0) || intAttribute(node, 'expert_weight_bits', 4));
}

export const EXPERTS: WorkTable = microsoft({ MoE: macRule(mixture(MOE)), QMoE: macRule(mixture(QMOE)) });
