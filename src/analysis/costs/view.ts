/** A model as the costs see it: each graph with its shapes and constants, and the graphs that run inside of its nodes. */
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from '../../onnx/proto.ts';
import { functionKey } from '../../onnx/shapes/functions.ts';
import { type Inference, inferTypes, type Shapes } from '../../onnx/shapes/infer.ts';
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
}

/** `call` is the body of a model-local function. */
export interface InnerGraphs extends Omit<Runs, 'kind'> {
  readonly kind: Runs['kind'] | 'call';
  /** Empty where a function is too deep, too large or has inputs of unknown types. */
  readonly views: readonly GraphView[];
}

/** Calls of functions are looked into one by one as long as this many nodes, those of inner calls included, are left. */
const MAX_CALLED_NODES = 50_000;
const MAX_CALL_DEPTH = 64;

type Model = ModelProto & { readonly graph: GraphProto };
type InferredShapes = Pick<Inference, 'tensors' | 'subgraphs'>;
type Subgraphs = ReadonlyMap<GraphProto, Shapes>;

export function viewOf(model: Model, shapes: InferredShapes): GraphView {
  return new Viewer(model).view(model.graph, [], shapes.tensors, byGraph(shapes));
}

function byGraph({ subgraphs }: InferredShapes): Subgraphs {
  return new Map(subgraphs.map(({ graph, tensors }) => [graph, tensors]));
}

class Viewer {
  readonly #model: Model;
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  readonly #expanded = new Map<FunctionProto, number>();
  #nodesLeft = MAX_CALLED_NODES;

  constructor(model: Model) {
    this.#model = model;
    this.#functions = new Map(model.functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
  }

  view(graph: GraphProto, place: readonly string[], infos: Shapes, subgraphs: Subgraphs, outer?: GraphView): GraphView {
    const shapes = new KnownShapes(infos, graph, outer?.shapes);
    const constants = constantsIn(graph, (name) => outer?.isConstant(name) ?? false);
    const inner = new Map<NodeProto, InnerGraphs>();
    const own = new Set([...Object.keys(infos), ...constants]);
    const isConstant = (name: string): boolean =>
      constants.has(name) || (!own.has(name) && (outer?.isConstant(name) ?? false));
    const view: GraphView = { graph, place, shapes, isConstant, inner };
    for (const node of graph.node) {
      const graphs = this.#innerOf(node, view, subgraphs);
      if (graphs !== undefined) inner.set(node, graphs);
    }
    return view;
  }

  #innerOf(node: NodeProto, view: GraphView, subgraphs: Subgraphs): InnerGraphs | undefined {
    const fn = this.#functionOf(node);
    if (fn !== undefined) return { kind: 'call', times: 1, views: this.#called(fn, node, view) };
    const bodies = bodiesOf(node);
    if (bodies.length === 0) return undefined;
    const views = bodies.map(({ graph, attribute }) => {
      const way = `${node.name || node.opType || ''}.${attribute}`;
      return this.view(graph, [...view.place, way], subgraphs.get(graph) ?? {}, subgraphs, view);
    });
    return { ...runsOf(node, view.shapes), views };
  }

  #functionOf({ domain, opType, overload }: NodeProto): FunctionProto | undefined {
    return this.#functions.size === 0 ? undefined : this.#functions.get(functionKey(domain, opType, overload));
  }

  #called(fn: FunctionProto, node: NodeProto, caller: GraphView): GraphView[] {
    this.#nodesLeft -= this.#sizeOf(fn);
    const graph = this.#nodesLeft < 0 ? null : bodyOfCall(fn, node, caller.shapes);
    if (graph === null) return [];
    const opsetImport = fn.opsetImport.length === 0 ? this.#model.opsetImport : fn.opsetImport;
    const inference = inferTypes({ ...this.#model, graph, opsetImport });
    const place = [...caller.place, `${node.name || node.opType || ''}.${fn.name ?? ''}`];
    return [this.view(graph, place, inference.tensors, byGraph(inference))];
  }

  /** Nodes that one call runs through; without end for a function that calls itself, or others too deep. */
  #sizeOf(fn: FunctionProto, depth = 0): number {
    const known = this.#expanded.get(fn);
    if (known !== undefined || depth > MAX_CALL_DEPTH) return known ?? Number.POSITIVE_INFINITY;
    this.#expanded.set(fn, Number.POSITIVE_INFINITY);
    const called = fn.node.map((node) => this.#functionOf(node)).filter((inner) => inner !== undefined);
    const size = called.reduce((sum, inner) => sum + this.#sizeOf(inner, depth + 1), fn.node.length);
    this.#expanded.set(fn, size);
    return size;
  }
}
