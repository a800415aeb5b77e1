/** Which weights of a model become integers, in which form: all graphs are looked at, also those inside If, Loop and Scan. */
import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { type DataType, dataTypeOf } from '../../onnx/data-type.ts';
import { type GraphScope, graphScopes, type ScopedConstant, scopedProducer } from '../../onnx/graph-scopes.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { embeddingTable, type TurnedTable, turnedTable } from './embeddings.ts';
import type { WeightOnlyOptions, WeightOperator } from './options.ts';

/**
 * Blocks along the inner dimension, computed by MatMulNBits; blocks along the rows of a table, of which GatherBlockQuantized
 * turns those back that it picks; or int8 with one scale per output channel.
 */
type WeightForm = 'blocks' | 'rows' | 'channels';

export interface WeightTarget {
  readonly scope: GraphScope;
  /** The node that takes the weight. */
  readonly node: NodeProto;
  /** The node that computes with it: the same one, or the one to which movers bring it. */
  readonly user: NodeProto;
  readonly operator: WeightOperator | 'Gather';
  /** Which input of `node` the weight is. */
  readonly position: number;
  readonly weight: ScopedConstant;
  /** The name of the weight in its graph. */
  readonly name: string;
  readonly form: WeightForm;
  /** True where the values lie as [columns, rows] of the matrix that is multiplied; of a table they do. */
  readonly isTransposed: boolean;
  /** The Transpose between weight and node, which the integers do without. */
  readonly turn?: TurnedTable['turn'];
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

/** Whose weights are looked for. */
export type TargetOptions = Pick<WeightOnlyOptions, 'weightOperators' | 'quantizeEmbeddings' | 'blockSize'>;

interface Search extends TargetOptions {
  /** Those whose rows are picked. */
  readonly tables: ReadonlySet<TensorProto>;
}

/** In the order of the model; nodes must have names already where some are excluded. */
export function weightTargets(
  graph: GraphProto,
  options: TargetOptions,
  excluded: ReadonlySet<string> = new Set(),
): WeightTarget[] {
  const nodes = graphScopes(graph).flatMap((scope) =>
    scope.graph.node.filter(({ name }) => !excluded.has(name ?? '')).map((node) => ({ node, scope })),
  );
  const tables = nodes.flatMap(({ node, scope }) =>
    options.quantizeEmbeddings ? tableTarget(node, scope, options) : [],
  );
  const search = { ...options, tables: new Set(tables.map(({ weight }) => weight.tensor)) };
  const found = nodes.flatMap(({ node, scope }) => [
    ...tables.filter((table) => table.node === node),
    ...targetsOf(node, scope, search),
  ]);
  // A weight that is moved once may go to several nodes.
  const seen = new Map<NodeProto, Set<number>>();
  return found.filter(({ node, position }) => {
    const positions = seen.get(node) ?? new Set();
    seen.set(node, positions);
    return !positions.has(position) && positions.add(position);
  });
}

function tableTarget(node: NodeProto, scope: GraphScope, { blockSize }: TargetOptions): WeightTarget[] {
  const weight = embeddingTable(node, scope, blockSize);
  if (weight === undefined) return [];
  const place = { scope, node, user: node, operator: 'Gather', position: 0, name: node.input[0] as string } as const;
  return [{ ...place, weight, form: 'rows', axis: 0, isTransposed: true }];
}

function targetsOf(node: NodeProto, scope: GraphScope, search: Search): WeightTarget[] {
  const operator = search.weightOperators.find((name) => name === node.opType);
  if (operator === undefined || (node.domain && node.domain !== 'ai.onnx')) return [];
  // A node of constants alone is folded when the model is loaded.
  if (scope.constant(node.input[0] ?? '') !== undefined) return [];
  const { positions, axis } = PLACES[operator];
  return positions.flatMap((position): WeightTarget[] => {
    const name = node.input[position] ?? '';
    const place = { scope, node, user: node, operator, position };
    const weight = scope.constant(name);
    if (weight === undefined) return tiedTarget(name, place, search) ?? movedTargets(name, scope, place);
    const form = formOf(node, operator, weight);
    if (form === undefined) return [];
    const isTransposed = isTransposedGemm(node, operator);
    return [{ ...place, weight, name, form, axis: axis(node, weight.tensor.dims.length), isTransposed }];
  });
}

function isTransposedGemm(node: NodeProto, operator: WeightOperator): boolean {
  return operator === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
}

type Place = Pick<WeightTarget, 'scope' | 'node' | 'user' | 'position'> & { readonly operator: WeightOperator };

/** A matrix that is a table turned: it gets the integers of the table. */
function tiedTarget(name: string, place: Place, { tables }: Search): WeightTarget[] | undefined {
  const { node, scope, operator } = place;
  const found = turnedTable(name, scope, tables);
  if (found === undefined || !takesBlocks(node, operator, found.weight.tensor.dims)) return undefined;
  const isTransposed = !isTransposedGemm(node, operator);
  const target = { ...place, ...found, name: found.turn.node.input[0] as string, isTransposed };
  return [{ ...target, form: 'blocks', axis: isTransposed ? 0 : 1 }];
}

/** Operators that only move values: exporters cut and join the gates of recurrent layers with them. */
const MOVERS = ['Concat', 'Slice', 'Split', 'Squeeze', 'Unsqueeze', 'Reshape', 'Transpose', 'Identity'];
const MOST_MOVES = 8;

/** Weights that reach their node through movers are dequantized before the first of these; their rows are channels. */
function movedTargets(
  name: string,
  scope: GraphScope,
  { user, operator }: Pick<WeightTarget, 'user' | 'operator'>,
  moves = 1,
): WeightTarget[] {
  const made = scopedProducer(name, scope);
  if (made === undefined || moves > MOST_MOVES || made.node.domain || !MOVERS.includes(made.node.opType ?? ''))
    return [];
  return made.node.input.flatMap((input, position) => {
    const weight = made.scope.constant(input);
    if (weight === undefined) return movedTargets(input, made.scope, { user, operator }, moves + 1);
    const { tensor } = weight;
    const isWeight =
      dataTypeOf(tensor.dataType) === 'float32' && tensor.dims.length > 1 && elementCount(tensor.dims) > 0;
    const target = { ...made, user, operator, position, weight, name: input };
    return isWeight ? [{ ...target, form: 'channels', axis: 0, isTransposed: false }] : [];
  });
}

/** float16 scales of DequantizeLinear need opset 19, and its users are on GPUs: there only MatMulNBits pays. */
const TYPES: Readonly<Record<'blocks' | 'channels', readonly DataType[]>> = {
  blocks: ['float32', 'float16'],
  channels: ['float32'],
};

function formOf(node: NodeProto, operator: WeightOperator, { tensor }: ScopedConstant) {
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
