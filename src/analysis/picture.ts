/** What a report shows beyond the facts: the blocks of the graph, and every tensor. */
import type { Dim } from '../onnx/build.ts';
import { byteLengthOf, type DataType } from '../onnx/data-type.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { GraphProto } from '../onnx/proto.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import { blockGraph } from './blocks/block-graph.ts';
import type { BlockGraph } from './blocks/facts.ts';
import { nodeName } from './costs/nodes.ts';
import type { Analysis } from './facts.ts';
import { operatorKey } from './operators.ts';

export interface Picture {
  readonly blocks: BlockGraph;
  /** Of the main graph: inputs, weights, then what the nodes make, in their order. */
  readonly tensors: readonly TensorFact[];
}

export interface TensorFact {
  readonly name: string;
  readonly role: 'input' | 'weight' | 'intermediate' | 'output';
  readonly dataType: DataType | null;
  readonly shape: readonly Dim[] | null;
  /** With the sizes that the costs took for open dims; null where one is not known. */
  readonly sizeBytes: number | null;
  /** Operator and name of the node that makes it. */
  readonly producer: { readonly operator: string; readonly node: string } | null;
}

/** Costs what the graph costs: no weight is read. */
export function pictureOf(model: OnnxModel, analysis: Analysis): Picture {
  const { graph } = model.proto;
  const blocks = blockGraph(graph, {
    shapes: analysis.shapes ?? {},
    subgraphShapes: analysis.subgraphShapes,
    costs: analysis.costs?.nodes ?? [],
  });
  return { blocks, tensors: tensorFacts(graph, analysis) };
}

function tensorFacts(graph: GraphProto, analysis: Analysis): TensorFact[] {
  const bindings = analysis.costs?.bindings ?? {};
  const known = new Map(Object.entries(analysis.shapes ?? {}));
  for (const info of [...analysis.inputs, ...analysis.outputs]) if (!known.has(info.name)) known.set(info.name, info);
  const outputs = new Set(graph.output.map((output) => output.name ?? ''));
  const costs = analysis.costs?.nodes ?? [];
  const fact = (
    name: string,
    role: TensorFact['role'],
    producer: TensorFact['producer'],
    made: number | null = null,
  ): TensorFact => {
    const { dataType = null, shape = null } = known.get(name) ?? {};
    const sizeBytes = sizeOf({ name, dataType, shape }, bindings) ?? made;
    return {
      name,
      role: producer !== null && outputs.has(name) ? 'output' : role,
      dataType,
      shape,
      sizeBytes,
      producer,
    };
  };
  return [
    ...analysis.inputs.map(({ name }) => fact(name, 'input', null)),
    ...graph.initializer.map((tensor) => fact(tensor.name ?? '', 'weight', null)),
    ...graph.node.flatMap((node, index) => {
      const producer = { operator: operatorKey(node), node: nodeName(node, index) };
      const role = node.opType === 'Constant' ? 'weight' : 'intermediate';
      const names = node.output.filter((name) => name !== '');
      // The costs know dims that are calculated from open ones; of a single output they have the size.
      const made = names.length === 1 ? (costs[index]?.outputBytes ?? null) : null;
      return names.map((name) => fact(name, role, producer, made));
    }),
  ];
}

/** Open dims count with the size that the costs took for them. */
function sizeOf({ name, dataType, shape }: TensorInfo, bindings: Readonly<Record<string, number>>): number | null {
  if (dataType === null || shape === null) return null;
  const dims = shape.map((dim, axis) => {
    const key = dim === null ? `${name}:${axis}` : String(dim);
    return typeof dim === 'number' ? dim : Object.hasOwn(bindings, key) ? (bindings[key] as number) : Number.NaN;
  });
  const elements = elementCount(dims);
  return Number.isFinite(elements) ? byteLengthOf(dataType, elements) : null;
}
