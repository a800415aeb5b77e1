/** Walks over everything in a model: subgraphs, functions and training graphs included. */
import { NimifyError } from '../base/errors.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from './proto.ts';

/** Graphs inside graphs; see research on safe loading: real models stay below 5. */
const MAX_GRAPH_NESTING = 32;

/** A graph with the way to it: `[]` for the main graph, else names of the nodes and attributes that hold it. */
export interface PlacedGraph {
  readonly graph: GraphProto;
  readonly place: readonly string[];
}

/** The main graph, its subgraphs and those of functions and training graphs, outer before inner. */
export function* allGraphs(model: ModelProto): Generator<PlacedGraph> {
  if (model.graph) yield* graphsBelow(model.graph, []);
  for (const fn of model.functions) {
    const place = [`function ${fn.name ?? ''}`];
    yield* graphsOfNodes(fn.node, place);
    for (const attribute of fn.attributeProto) {
      for (const graph of graphsOf(attribute)) yield* graphsBelow(graph, [...place, attribute.name ?? '']);
    }
  }
  for (const training of model.trainingInfo) {
    for (const graph of [training.initialization, training.algorithm]) {
      if (graph) yield* graphsBelow(graph, ['training']);
    }
  }
}

/** The graph and its subgraphs, outer before inner. */
export function* graphsBelow(graph: GraphProto, place: readonly string[]): Generator<PlacedGraph> {
  if (place.length > MAX_GRAPH_NESTING) throw tooDeep();
  yield { graph, place };
  yield* graphsOfNodes(graph.node, place);
}

function tooDeep(): NimifyError {
  return new NimifyError('MODEL_LIMIT', `The model nests graphs deeper than ${MAX_GRAPH_NESTING}.`, {
    hint: 'No real model needs this; do not trust the file.',
  });
}

interface Subgraph {
  readonly attribute: string;
  readonly graph: GraphProto;
}

/** The graphs in the attributes of a node, such as the branches of an If. */
export function subgraphsOf(node: NodeProto): readonly Subgraph[] {
  return hasSubgraphs(node) ? listSubgraphs(node) : NO_SUBGRAPHS;
}

/** Most nodes have none, and are asked often. */
const NO_SUBGRAPHS: readonly Subgraph[] = [];

function hasSubgraphs({ attribute }: NodeProto): boolean {
  for (const { g, graphs } of attribute) if (g !== undefined || graphs.length > 0) return true;
  return false;
}

function listSubgraphs(node: NodeProto): Subgraph[] {
  return node.attribute.flatMap((attribute) =>
    graphsOf(attribute).map((graph) => ({ attribute: attribute.name ?? '', graph })),
  );
}

/** The nodes and those of their subgraphs, outer before inner. */
export function* nodesBelow(nodes: readonly NodeProto[]): Generator<NodeProto> {
  for (const node of nodes) {
    yield node;
    for (const { graph } of subgraphsOf(node)) yield* nodesBelow(graph.node);
  }
}

function* graphsOfNodes(nodes: readonly NodeProto[], place: readonly string[]): Generator<PlacedGraph> {
  for (const node of nodes) {
    for (const { attribute, graph } of subgraphsOf(node)) {
      yield* graphsBelow(graph, [...place, `${node.name || node.opType || ''}.${attribute}`]);
    }
  }
}

function graphsOf(attribute: AttributeProto): GraphProto[] {
  return attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs;
}

/** Every node: those of the main graph, of subgraphs and of function bodies. */
export function* allNodes(model: ModelProto): Generator<NodeProto> {
  for (const { graph } of allGraphs(model)) yield* graph.node;
  for (const fn of model.functions) yield* fn.node;
}

/** Every tensor that the model carries, wherever it is: initializers, sparse ones, attributes, functions, training. */
export function* allTensors(model: ModelProto): Generator<TensorProto> {
  for (const { graph } of allGraphs(model)) {
    yield* graph.initializer;
    for (const sparse of graph.sparseInitializer) {
      if (sparse.values) yield sparse.values;
      if (sparse.indices) yield sparse.indices;
    }
  }
  for (const node of allNodes(model)) for (const attribute of node.attribute) yield* tensorsOf(attribute);
  for (const fn of model.functions) for (const attribute of fn.attributeProto) yield* tensorsOf(attribute);
}

function* tensorsOf(attribute: AttributeProto): Generator<TensorProto> {
  if (attribute.t) yield attribute.t;
  yield* attribute.tensors;
  for (const sparse of attribute.sparseTensor
    ? [attribute.sparseTensor, ...attribute.sparseTensors]
    : attribute.sparseTensors) {
    if (sparse.values) yield sparse.values;
    if (sparse.indices) yield sparse.indices;
  }
}

/** Tensor name → node that makes it; and tensor name → nodes that take it, subgraphs that capture it included. */
export interface GraphIndex {
  readonly producers: ReadonlyMap<string, NodeProto>;
  readonly consumers: ReadonlyMap<string, readonly NodeProto[]>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
}

export function indexGraph(graph: GraphProto): GraphIndex {
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const name of node.output) if (name !== '') producers.set(name, node);
    for (const name of [...node.input, ...capturedNames(node)]) {
      if (name === '') continue;
      const list = consumers.get(name);
      if (list === undefined) consumers.set(name, [node]);
      else if (list[list.length - 1] !== node) list.push(node);
    }
  }
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name ?? '', tensor]));
  return { producers, consumers, initializers };
}

/** Names that the subgraphs of a node may take from outside: all that their nodes and outputs mention. */
export function capturedNames(node: NodeProto): readonly string[] {
  if (!hasSubgraphs(node)) return NO_NAMES;
  const names: string[] = [];
  addCaptured(node, names, 0);
  return names;
}

const NO_NAMES: readonly string[] = [];

/** Models nest graphs in graphs, and each level is asked: no place is told on the way. */
function addCaptured(node: NodeProto, names: string[], depth: number): void {
  if (depth > MAX_GRAPH_NESTING) throw tooDeep();
  for (const { graph } of subgraphsOf(node)) {
    for (const inner of graph.node) {
      for (const name of inner.input) names.push(name);
      addCaptured(inner, names, depth + 1);
    }
    for (const output of graph.output) names.push(output.name ?? '');
  }
}

/** The version of the operator set of `domain` that the model imports; the default domain is ''. */
export function opsetVersion(model: ModelProto, domain = ''): number | undefined {
  const isDefault = domain === '' || domain === 'ai.onnx';
  const entry = model.opsetImport.find((o) => (isDefault ? !o.domain || o.domain === 'ai.onnx' : o.domain === domain));
  return entry?.version ?? undefined;
}
