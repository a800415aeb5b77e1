/** The operators that int8 pays for: a constant weight, used many times per inference. */
import { intAttribute } from '../onnx/attribute.ts';
import { DATA_TYPES } from '../onnx/data-type.ts';
import type { GraphEditor } from '../onnx/graph-editor.ts';
import { type GraphScope, graphScopes } from '../onnx/graph-scopes.ts';
import type { GraphProto, NodeProto, TensorProto } from '../onnx/proto.ts';
import { elementCount } from '../onnx/tensor.ts';

export const WEIGHTED_OPERATORS = ['Conv', 'ConvTranspose', 'MatMul', 'Gemm'] as const;
type WeightedOperator = (typeof WEIGHTED_OPERATORS)[number];

/** A node with a constant float32 weight as its second input. */
export interface WeightedNode {
  readonly node: NodeProto & { readonly name: string };
  readonly operator: WeightedOperator;
  readonly data: string;
  readonly weight: TensorProto;
  /** The axis of the weight that per-channel scales follow; null where no integer kernel takes more than one scale. */
  readonly channelAxis: number | null;
}

/** Operator → axis of the output channels in its weight. */
const CHANNEL_AXES: Readonly<Record<WeightedOperator, (node: NodeProto, rank: number) => number | null>> = {
  Conv: () => 0,
  ConvTranspose: () => 1,
  // The kernels of ONNX Runtime take scales per column for a matrix, not for a stack of them.
  MatMul: (_node, rank) => (rank === 2 ? 1 : null),
  Gemm: (node) => (intAttribute(node, 'transB', 0) === 0 ? 1 : 0),
};

/** A weighted node with the graph that it stands in, and the graph that holds its weight. */
export interface ScopedNode extends WeightedNode {
  readonly scope: GraphScope;
  readonly home: GraphScope;
}

/** Nodes of the graph and of those inside its If, Loop and Scan nodes, outer before inner; they must have names already. */
export function scopedNodes(
  graph: GraphProto,
  operators: readonly string[],
  excluded: ReadonlySet<string> = new Set(),
): ScopedNode[] {
  return graphScopes(graph).flatMap((scope) => {
    const homes = new Map<TensorProto, GraphScope>();
    const constant = (name: string) => {
      const found = scope.constant(name);
      if (found !== undefined) homes.set(found.tensor, found.home);
      return found?.tensor;
    };
    const nodes = weightedNodes(scope.graph, { constant }, operators, excluded);
    return nodes.map((item) => ({ ...item, scope, home: homes.get(item.weight) as GraphScope }));
  });
}

/** Those of this graph alone; they must have names already. */
export function weightedNodes(
  graph: GraphProto,
  editor: Pick<GraphEditor, 'constant'>,
  operators: readonly string[],
  excluded: ReadonlySet<string> = new Set(),
): WeightedNode[] {
  const found: WeightedNode[] = [];
  for (const node of graph.node) {
    const operator = WEIGHTED_OPERATORS.find((name) => name === node.opType);
    if (operator === undefined || node.domain || !operators.includes(operator) || excluded.has(node.name ?? ''))
      continue;
    const [data = '', weightName = ''] = node.input;
    const weight = editor.constant(weightName);
    if (weight === undefined || editor.constant(data) !== undefined || !isQuantizable(weight)) continue;
    const channelAxis = CHANNEL_AXES[operator](node, weight.dims.length);
    found.push({ node: node as WeightedNode['node'], operator, data, weight, channelAxis });
  }
  return found;
}

function isQuantizable(weight: TensorProto): boolean {
  return weight.dataType === DATA_TYPES.float32.code && weight.dims.length >= 2 && elementCount(weight.dims) > 0;
}
