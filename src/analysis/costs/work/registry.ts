/** All operators whose work is known, by their key: `Conv`, or `com.microsoft::FusedConv`. */
import type { NodeProto } from '../../../onnx/proto.ts';
import { operatorKey } from '../../operators.ts';
import { ATTENTION } from './attention.ts';
import { CONVOLUTIONS } from './convolutions.ts';
import { EINSUM } from './einsum.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { EXPERTS } from './experts.ts';
import { MOVEMENT } from './movement.ts';
import { NORMALIZATION } from './normalization.ts';
import { PRODUCTS } from './products.ts';
import { PROJECTED_ATTENTION } from './projected-attention.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTIONS } from './reductions.ts';
import type { WorkRule, WorkTable } from './rule.ts';
import { TRANSFORMS } from './transforms.ts';

const RULES: WorkTable = {
  ...MOVEMENT,
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...NORMALIZATION,
  ...CONVOLUTIONS,
  ...PRODUCTS,
  ...EINSUM,
  ...RECURRENT,
  ...ATTENTION,
  ...PROJECTED_ATTENTION,
  ...EXPERTS,
  ...TRANSFORMS,
};

export function workRuleOf(node: NodeProto): WorkRule | undefined {
  const key = operatorKey(node);
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
}

/** Operator → why its count is not exact, where it is not. */
const ESTIMATES: Readonly<Record<string, string>> = {
  DFT: 'lengths that are no power of two go through three longer transforms',
  STFT: 'lengths that are no power of two go through three longer transforms',
  RoiAlign: 'the number of samples may follow the size of the regions',
  LinearAttention: 'in its recurrent form',
  'com.microsoft::LinearAttention': 'in its recurrent form',
  'com.microsoft::SparseAttention': 'as if it was dense',
  'com.microsoft::SparseToDenseMatMul': 'as if it was dense',
  'com.microsoft::PackedAttention': 'as if all sequences were as long as the longest',
  'com.microsoft::PackedMultiHeadAttention': 'as if all sequences were as long as the longest',
  'com.microsoft::LongformerAttention': 'without tokens of global attention',
  'com.microsoft::QOrderedLongformerAttention': 'without tokens of global attention',
  'com.microsoft::DecoderAttention': 'without its cache',
};

/** Index of the input with the length of each sequence, which the data may make shorter. */
const SEQUENCE_LENGTHS: Readonly<Record<string, number>> = {
  LSTM: 4,
  GRU: 4,
  RNN: 4,
  'com.microsoft::DynamicQuantizeLSTM': 4,
};

/** Why the work of this node is an estimate; undefined when the count is exact. */
export function estimateOf(node: NodeProto): string | undefined {
  const key = operatorKey(node);
  const lengths = Object.hasOwn(SEQUENCE_LENGTHS, key) ? node.input[SEQUENCE_LENGTHS[key] as number] : '';
  if (lengths) return 'sequences may be shorter than the longest';
  return Object.hasOwn(ESTIMATES, key) ? ESTIMATES[key] : undefined;
}
