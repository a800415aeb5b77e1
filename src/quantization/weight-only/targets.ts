/** Which weights of a model become integers, in which form: all graphs are looked at, also those inside If, Loop and Scan. */
import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { type DataType, dataTypeOf } from '../../onnx/data-type.ts';
import { type GraphScope, graphScopes, type ScopedConstant, scopedProducer } from '../../onnx/graph-scopes.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { WeightOperator } from './options.ts';

/** Blocks along the inner dimension, computed by MatMulNBits; or int8 with one scale per output channel. */
type WeightForm = 'blocks' | 'channels';

export interface WeightTarget {
  readonly scope: GraphScope;
  /** The node that takes the weight. */
  readonly node: NodeProto;
  /** The node that computes with it: the same one, or the one to which movers bring it. */
  readonly user: NodeProto;
  readonly operator: WeightOperator;
  /** Which input of `node` the weight is. */
  readonly position: number;
  readonly weight: ScopedConstant;
  readonly form: WeightForm;
  /** The axis of the output channels. */
  readonly axis: number;
}

interface WeightPlace {
  readonly positions: readonly number[];
  /** The axis of the output channels of a weight of this rank. */
  axis(node: NodeProto, rank: number): number;
}

const recurrent: WeightPlace = { positions: [1, 2], axis: () => 1 };

/** Operator → where its weights are: the ONNX operator specification. Recurrent ones take [directions, gates · hidden, …]. */
const PLACES: Readonly<Record<WeightOperator, WeightPlace>> = {
  MatMul: { positions: [1], axis: (_node, rank) => rank - 1 },
  Gemm: { positions: [1], axis: (node) => (intAttribute(node, 'transB', 0) === 0 ? 1 : 0) },
  Conv: { positions: [1], axis: () => 0 },
  ConvTranspose: { positions: [1], axis: () => 1 },
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};

/** In the order of the model; nodes must have names already where some are excluded. */
export function weightTargets(
  graph: GraphProto,
  operators: readonly WeightOperator[],
  excluded: ReadonlySet<string> = new Set(),
): WeightTarget[] {
  const found = graphScopes(graph).flatMap((scope) =>
    scope.graph.node.flatMap((node) => (excluded.has(node.name ?? '') ? [] : targetsOf(node, scope, operators))),
  );
  // A weight that is moved once may go to several nodes.
  const seen = new Map<NodeProto, Set<number>>();
  return found.filter(({ node, position }) => {
    const positions = seen.get(node) ?? new Set();
    seen.set(node, positions);
    return !positions.has(position) && positions.add(position);
  });
}

function targetsOf(node: NodeProto, scope: GraphScope, operators: readonly WeightOperator[]): WeightTarget[] {
  const operator = operators.find((name) => name === node.opType);
  if (operator === undefined || (node.domain && node.domain !== 'ai.onnx')) return [];
  // A node of constants alone is folded when the model is loaded.
  if (scope.constant(node.input[0] ?? '') !== undefined) return [];
  const { positions, axis } = PLACES[operator];
  return positions.flatMap((position) => {
    const name = node.input[position] ?? '';
    const weight = scope.constant(name);
    if (weight === undefined) return movedTargets(name, scope, { user: node, operator });
    const form = formOf(node, operator, weight);
    if (form === undefined) return [];
    return [{ scope, node, user: node, operator, position, weight, form, axis: axis(node, weight.tensor.dims.length) }];
  });
}

/** Operators that only move values: exporters cut and join the gates of recurrent layers with them. */
const MOVERS = ['Concat', 'Slice', 'Split', 'Squeeze', 'Unsqueeze', 'Reshape', 'Transpose', 'Identity'];
const MOST_MOVES = 8;

/** Weights that reach their node through movers are dequantized before the first of these; their rows are channels. */
function movedTargets(
  name: string,
  scope: GraphScope,
  goal: Pick<WeightTarget, 'user' | 'operator'>,
  moves = 1,
): WeightTarget[] {
  const made = scopedProducer(name, scope);
  if (made === undefined || moves > MOST_MOVES || made.node.domain || !MOVERS.includes(made.node.opType ?? ''))
    return [];
  return made.node.input.flatMap((input, position) => {
    const weight = made.scope.constant(input);
    if (weight === undefined) return movedTargets(input, made.scope, goal, moves + 1);
    const { tensor } = weight;
    const isWeight =
      dataTypeOf(tensor.dataType) === 'float32' && tensor.dims.length > 1 && elementCount(tensor.dims) > 0;
    return isWeight ? [{ ...made, ...goal, position, weight, form: 'channels', axis: 0 }] : [];
  });
}

/** float16 scales of DequantizeLinear need opset 19, and its users are on GPUs: there only MatMulNBits pays. */
const TYPES: Readonly<Record<WeightForm, readonly DataType[]>> = {
  blocks: ['float32', 'float16'],
  channels: ['float32'],
};

function formOf(node: NodeProto, operator: WeightOperator, { tensor }: ScopedConstant): WeightForm | undefined {
  const { dims } = tensor;
  if (dims.length < 2 || elementCount(dims) === 0) return undefined;
  const form = takesBlocks(node, operator, dims) ? 'blocks' : 'channels';
  const type = dataTypeOf(tensor.dataType);
  return type !== undefined && TYPES[form].includes(type) ? form : undefined;
}

/** MatMulNBits has neither a stack of matrices nor the factors of Gemm. */
function takesBlocks(node: NodeProto, operator: WeightOperator, dims: readonly number[]): boolean {
  if (dims.length !== 2) return false;
  if (operator === 'MatMul') return true;
  if (operator !== 'Gemm' || intAttribute(node, 'transA', 0) !== 0) return false;
  return floatAttribute(node, 'alpha', 1) === 1 && (!node.input[2] || floatAttribute(node, 'beta', 1) === 1);
}
