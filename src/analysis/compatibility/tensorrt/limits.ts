/**
 * What the parser of TensorRT asks of nodes that it can import. Source: the restrictions in docs/operators.md of
 * onnx/onnx-tensorrt for TensorRT 10.15, as far as the structure of a model shows them.
 */
import { findAttribute } from '../../../onnx/attribute.ts';
import type { AttributeProto } from '../../../onnx/proto.ts';
import type { OperatorUse } from '../operator-use.ts';

/** What is not as it has to be: `what` of the node, the values that are `allowed`, and the one that was `found`. */
export interface Excess {
  readonly what: string;
  readonly allowed: string;
  readonly found: string;
}

type Limit = { readonly operators: string } & (
  | { readonly kind: 'constant input'; readonly input: number }
  | { readonly kind: 'no input'; readonly input: number }
  | { readonly kind: 'outputs'; readonly most: number }
  | { readonly kind: 'ranks'; readonly ranks: readonly number[] }
  | { readonly kind: 'one of'; readonly attribute: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'all'; readonly attribute: string; readonly value: number }
  | { readonly kind: 'no attribute'; readonly attribute: string }
  | { readonly kind: 'equal halves'; readonly attribute: string }
);

const REDUCTIONS =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';

const LIMITS: readonly Limit[] = [
  { operators: `${REDUCTIONS} CumSum OneHot Squeeze Unsqueeze STFT`, kind: 'constant input', input: 1 },
  { operators: 'STFT Dropout', kind: 'constant input', input: 2 },
  { operators: 'LayerNormalization MaxPool Attention', kind: 'outputs', most: 1 },
  { operators: 'AveragePool LpPool MaxPool', kind: 'all', attribute: 'dilations', value: 1 },
  { operators: 'AveragePool MaxPool', kind: 'ranks', ranks: [4, 5] },
  { operators: 'GridSample Attention TensorScatter', kind: 'ranks', ranks: [4] },
  { operators: 'TensorScatter', kind: 'one of', attribute: 'axis', values: [-2] },
  { operators: 'LSTM', kind: 'one of', attribute: 'input_forget', values: [0] },
  { operators: 'LSTM', kind: 'one of', attribute: 'layout', values: [0] },
  { operators: 'LSTM GRU RNN', kind: 'equal halves', attribute: 'activations' },
  { operators: 'TopK', kind: 'one of', attribute: 'sorted', values: [1] },
  { operators: 'ScatterND', kind: 'one of', attribute: 'reduction', values: ['none'] },
  { operators: 'Resize', kind: 'one of', attribute: 'mode', values: ['nearest', 'linear'] },
  {
    operators: 'Resize',
    kind: 'one of',
    attribute: 'coordinate_transformation_mode',
    values: ['half_pixel', 'pytorch_half_pixel', 'tf_half_pixel_for_nn', 'asymmetric', 'align_corners'],
  },
  {
    operators: 'Resize',
    kind: 'one of',
    attribute: 'nearest_mode',
    values: ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'],
  },
  { operators: 'Resize', kind: 'one of', attribute: 'keep_aspect_ratio_policy', values: ['stretch'] },
  { operators: 'Resize', kind: 'one of', attribute: 'antialias', values: [0] },
  { operators: 'Attention', kind: 'no input', input: 4 },
  { operators: 'Attention', kind: 'no input', input: 5 },
  { operators: 'Attention', kind: 'no input', input: 6 },
  { operators: 'Attention', kind: 'no attribute', attribute: 'softcap' },
  { operators: 'Attention', kind: 'no attribute', attribute: 'qk_matmul_output_mode' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'sparse_value' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'value_string' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'value_strings' },
];

const BY_OPERATOR = new Map<string, Limit[]>();
for (const limit of LIMITS) {
  for (const operator of limit.operators.split(' ')) {
    BY_OPERATOR.set(operator, [...(BY_OPERATOR.get(operator) ?? []), limit]);
  }
}

export const LIMITED_OPERATORS: readonly string[] = [...BY_OPERATOR.keys()];

export function excessesOf(use: OperatorUse): Excess[] {
  return (BY_OPERATOR.get(use.operator) ?? []).flatMap((limit) => excessOf(limit, use) ?? []);
}

function excessOf(limit: Limit, { node, tensors }: OperatorUse): Excess | undefined {
  switch (limit.kind) {
    case 'constant input': {
      const name = node.input[limit.input];
      if (!name || tensors.isConstant(name)) return undefined;
      return { what: `input ${limit.input}`, allowed: 'a constant', found: 'a calculated one' };
    }
    case 'no input':
      return node.input[limit.input] ? { what: `input ${limit.input}`, allowed: 'none', found: 'one' } : undefined;
    case 'outputs': {
      const given = node.output.filter((name) => name !== '').length;
      return given > limit.most ? { what: 'outputs', allowed: `${limit.most}`, found: `${given}` } : undefined;
    }
    case 'ranks': {
      const rank = tensors.info(node.input[0] ?? '')?.shape?.length;
      if (rank === undefined || limit.ranks.includes(rank)) return undefined;
      return { what: 'dimensions', allowed: limit.ranks.join(' or '), found: `${rank}` };
    }
    default: {
      const attribute = findAttribute(node, limit.attribute);
      return attribute === undefined ? undefined : attributeExcess(limit, attribute);
    }
  }
}

type AttributeLimit = Extract<Limit, { readonly attribute: string }>;

function attributeExcess(limit: AttributeLimit, attribute: AttributeProto): Excess | undefined {
  const what = limit.attribute;
  switch (limit.kind) {
    case 'one of': {
      const found = attribute.s === undefined ? Number(attribute.i ?? attribute.f ?? 0) : decoded(attribute.s);
      return limit.values.includes(found) ? undefined : { what, allowed: limit.values.join(', '), found: `${found}` };
    }
    case 'all': {
      const isFitting = attribute.ints.every((value) => Number(value) === limit.value);
      return isFitting ? undefined : { what, allowed: `${limit.value}`, found: attribute.ints.join(', ') };
    }
    case 'equal halves': {
      const names = attribute.strings.map(decoded);
      const half = names.length / 2;
      const isFitting = half < 1 || !Number.isInteger(half) || isEqualHalves(names, half);
      return isFitting ? undefined : { what, allowed: 'the same forward and backward', found: names.join(', ') };
    }
    case 'no attribute':
      return isDefault(attribute) ? undefined : { what, allowed: 'none', found: 'one' };
  }
}

function isEqualHalves(names: readonly string[], half: number): boolean {
  return names.slice(0, half).every((name, index) => name === names[index + half]);
}

/** Zero says the same as no attribute. */
function isDefault({ i, f, s, sparseTensor, strings }: AttributeProto): boolean {
  return (
    s === undefined && sparseTensor === undefined && strings.length === 0 && Number(i ?? 0) === 0 && (f ?? 0) === 0
  );
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
