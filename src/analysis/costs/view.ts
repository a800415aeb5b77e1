/** A model as the costs see it: each graph with its shapes and constants, and the graphs that run inside of its nodes. */
import { nodesBelow } from '../../onnx/graph.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from '../../onnx/proto.ts';
import { type Functions, functionKey, functionsOf } from '../../onnx/shapes/functions.ts';
import { type Inference, inferTypes } from '../../onnx/shapes/infer.ts';
import { bodyOfCall } from './calls.ts';
import { constantsIn } from './constants.ts';
import { bodiesOf, type Runs, runsOf } from './control-flow.ts';
import { KnownShapes } from './known-shapes.ts';

export interface GraphView {
  readonly graph: GraphProto;
  /** As PlacedGraph.place. */
  readonly place: readonly string[];
  readonly shapes: KnownShapes;
  isConstant(name: string): boolean;
  readonly inner: ReadonlyMap<NodeProto, InnerGraphs>;
  /** False where a node cannot take the shapes that reach it, as in a branch for pictures of another size. */
  readonly canRun: boolean;
}

/** `call` is the body of a model-local function. */
export interface InnerGraphs extends Omit<Runs, 'kind'> {
  readonly kind: Runs['kind'] | 'call';
  /** Empty where a function is too deep, too large or has inputs of unknown types. */
  readonly views: readonly GraphView[];
}

/** The branches among which a node may choose: those that can run, or all where none can. */
export function choices(inner: InnerGraphs): readonly GraphView[] {
  const possible = inner.kind === 'branches' ? inner.views.filter((view) => view.canRun) : [];
  return possible.length === 0 ? inner.views : possible;
}

/** Calls of functions are looked into one by one as long as this many nodes, those of inner calls included, are left. */
const MAX_CALLED_NODES = 50_000;
const MAX_CALL_DEPTH = 64;

type Model = ModelProto & { readonly graph: GraphProto };
type InferredShapes = Pick<Inference, 'tensors' | 'subgraphs' | 'problems'>;

/** What was inferred of a graph. */
type Inferred = Pick<Inference['subgraphs'][number], 'tensors' | 'canRun'>;
/** What was inferred of the graphs in it. */
type Subgraphs = ReadonlyMap<GraphProto, Inferred>;

const NOT_INFERRED: Inferred = { tensors: {}, canRun: true };

export function viewOf(model: Model, shapes: InferredShapes): GraphView {
  return new Viewer(model).view(model.graph, [], mainOf(shapes), subgraphsOf(shapes));
}

function mainOf({ tensors, problems }: InferredShapes): Inferred {
  return { tensors, canRun: !problems.some(({ kind, place }) => kind === 'node' && place.length === 0) };
}

function subgraphsOf({ subgraphs }: InferredShapes): Subgraphs {
  return new Map(subgraphs.map((subgraph) => [subgraph.graph, subgraph]));
}

/** One of several branches is enough; loops and calls have no choice. */
function canRun({ kind, views }: InnerGraphs): boolean {
  return kind === 'branches' ? views.some((view) => view.canRun) : views.every((view) => view.canRun);
}

class Viewer {
  readonly #model: Model;
  readonly #functions: Functions;
  readonly #expanded = new Map<FunctionProto, number>();
  #nodesLeft = MAX_CALLED_NODES;

  constructor(model: Model) {
    this.#model = model;
    this.#functions = functionsOf(model);
  }

  view(
    graph: GraphProto,
    place: readonly string[],
    { tensors, canRun: isSound }: Inferred,
    subgraphs: Subgraphs,
    outer?: GraphView,
  ): GraphView {
    const shapes = new KnownShapes(tensors, graph, outer?.shapes);
    const constants = constantsIn(graph, (name) => outer?.isConstant(name) ?? false);
    const inner = new Map<NodeProto, InnerGraphs>();
    const own = new Set([...Object.keys(tensors), ...constants]);
    const isConstant = (name: string): boolean =>
      constants.has(name) || (!own.has(name) && (outer?.isConstant(name) ?? false));
    const view: GraphView = { graph, place, shapes, isConstant, inner, canRun: true };
    for (const node of graph.node) {
      const graphs = this.#innerOf(node, view, subgraphs);
      if (graphs !== undefined) inner.set(node, graphs);
    }
    return { ...view, canRun: isSound && [...inner.values()].every(canRun) };
  }

  #innerOf(node: NodeProto, view: GraphView, subgraphs: Subgraphs): InnerGraphs | undefined {
    const fn = this.#functionOf(node);
    if (fn !== undefined) return { kind: 'call', times: 1, views: this.#called(fn, node, view) };
    const bodies = bodiesOf(node);
    if (bodies.length === 0) return undefined;
    const views = bodies.map(({ graph, attribute }) => {
      const way = `${node.name || node.opType || ''}.${attribute}`;
      return this.view(graph, [...view.place, way], subgraphs.get(graph) ?? NOT_INFERRED, subgraphs, view);
    });
    return { ...runsOf(node, view.shapes), views };
  }

  #functionOf({ domain, opType, overload }: NodeProto): FunctionProto | undefined {
    return this.#functions.size === 0 ? undefined : this.#functions.get(functionKey(domain, opType, overload));
  }

  #called(fn: FunctionProto, node: NodeProto, caller: GraphView): GraphView[] {
    const size = this.#sizeOf(fn);
    // What has no end is not entered, and leaves the room to the others.
    const graph = size > this.#nodesLeft ? null : bodyOfCall(fn, node, caller.shapes);
    if (size <= this.#nodesLeft) this.#nodesLeft -= size;
    if (graph === null) return [];
    const opsetImport = fn.opsetImport.length === 0 ? this.#model.opsetImport : fn.opsetImport;
    const inference = inferTypes({ ...this.#model, graph, opsetImport }, { functions: this.#functions });
    const place = [...caller.place, `${node.name || node.opType || ''}.${fn.name ?? ''}`];
    return [this.view(graph, place, mainOf(inference), subgraphsOf(inference))];
  }

  /** Nodes that one call runs through; without end for a function that calls itself, or others too deep. */
  #sizeOf(fn: FunctionProto, depth = 0): number {
    const known = this.#expanded.get(fn);
    if (known !== undefined || depth > MAX_CALL_DEPTH) return known ?? Number.POSITIVE_INFINITY;
    this.#expanded.set(fn, Number.POSITIVE_INFINITY);
    let size = 0;
    for (const node of nodesBelow(fn.node)) {
      const inner = this.#functionOf(node);
      size += inner === undefined ? 1 : 1 + this.#sizeOf(inner, depth + 1);
    }
    this.#expanded.set(fn, size);
    return size;
  }
}
