/** Every node that takes part in inference, with what a target judges it by: operator, version, and types of its tensors. */
import { findAttribute } from '../../onnx/attribute.ts';
import { type DataType, dataTypeOf } from '../../onnx/data-type.ts';
import { subgraphsOf } from '../../onnx/graph.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { type TensorInfo, tensorInfo } from '../../onnx/value-info.ts';
import { domainOf, operatorKey } from '../operators.ts';
import type { Slot } from './kernels/kernel-table.ts';

/** What is known of the tensors of one graph by name; null for what is not. */
interface Tensors {
  info(name: string): TensorInfo | null;
  /** True for Constant nodes and for initializers that callers cannot replace, of this graph and of those around it. */
  isConstant(name: string): boolean;
  /** The value of a constant that is a dense tensor. */
  constant(name: string): TensorProto | undefined;
}

export interface OperatorUse {
  readonly node: NodeProto;
  /** `Conv`, or `com.microsoft::Attention` outside of the default domain. */
  readonly operator: string;
  /** Version of the operator set; undefined where the model does not import the domain. */
  readonly opset: number | undefined;
  /** Name of the node, or `Conv_12` by operator and place where it has none. */
  readonly label: string;
  /** The graph that holds it; null for bodies of functions, where types depend on who calls. */
  readonly graph: GraphProto | null;
  readonly tensors: Tensors;
  /** The graphs in its attributes, such as the branches of an If. */
  readonly inner: readonly InnerGraph[];
}

interface InnerGraph {
  readonly graph: GraphProto;
  readonly tensors: Tensors;
}

/** Tensors of a subgraph, as inferred. */
interface SubgraphTensors {
  /** As PlacedGraph of onnx/graph.ts. */
  readonly place: readonly string[];
  readonly tensors: Readonly<Record<string, TensorInfo>>;
}

export interface KnownTensors {
  /** Of the main graph; null when nothing could be inferred. */
  readonly main: Readonly<Record<string, TensorInfo>> | null;
  readonly subgraphs: readonly SubgraphTensors[];
}

const NOTHING: Tensors = { info: () => null, isConstant: () => false, constant: () => undefined };

/** Main graph first, subgraphs behind the node that holds them, then bodies of functions. Calls of functions are left out. */
export function operatorUses(model: ModelProto & { graph: GraphProto }, known: KnownTensors): OperatorUse[] {
  const walk = new Walk(model, known);
  walk.graph(model.graph, [], walk.scope(model.graph, known.main ?? {}, NOTHING));
  for (const fn of model.functions) walk.body(fn);
  return walk.uses;
}

/** Type of an input or output; undefined where the node has none there, null where it is not known. */
export function typeOf({ node, tensors }: OperatorUse, { side, index }: Slot): DataType | null | undefined {
  const name = (side === 'input' ? node.input : node.output)[index];
  return name ? (tensors.info(name)?.dataType ?? null) : undefined;
}

class Walk {
  readonly uses: OperatorUse[] = [];
  readonly #model: ModelProto;
  readonly #versions = new Map<string, number | undefined>();
  readonly #functions: ReadonlySet<string>;
  /** By place; several where unnamed nodes share one, the next one of the walk last. */
  readonly #inferred = new Map<string, SubgraphTensors['tensors'][]>();

  constructor(model: ModelProto, { subgraphs }: KnownTensors) {
    this.#model = model;
    this.#functions = new Set(model.functions.map((fn) => `${domainOf(fn)}::${fn.name ?? ''}`));
    for (const { place, tensors } of subgraphs) {
      const key = JSON.stringify(place);
      const known = this.#inferred.get(key);
      if (known === undefined) this.#inferred.set(key, [tensors]);
      else known.push(tensors);
    }
    for (const list of this.#inferred.values()) list.reverse();
    // Of two entries for one domain the first counts.
    for (const entry of model.opsetImport.toReversed()) this.#versions.set(domainOf(entry), entry.version);
  }

  graph(graph: GraphProto, place: readonly string[], tensors: Tensors): void {
    this.#nodes(graph.node, { graph, place, tensors, versionOf: (domain) => this.#versions.get(domain) });
  }

  scope(graph: GraphProto, inferred: Readonly<Record<string, TensorInfo>>, outer: Tensors): Tensors {
    return new GraphTensors(graph, inferred, { outer, irVersion: this.#model.irVersion ?? 0 });
  }

  body(fn: FunctionProto): void {
    const versions = new Map(fn.opsetImport.map((entry) => [domainOf(entry), entry.version]));
    const place = [`function ${fn.name ?? ''}`];
    this.#nodes(fn.node, { graph: null, place, tensors: NOTHING, versionOf: (domain) => versions.get(domain) });
  }

  #nodes(nodes: readonly NodeProto[], at: Surroundings): void {
    for (const [index, node] of nodes.entries()) {
      const inner = subgraphsOf(node).map(({ graph, attribute }) => {
        const place = [...at.place, `${node.name || node.opType || ''}.${attribute}`];
        return { ...at, graph, place, tensors: this.scope(graph, this.#take(place), at.tensors) };
      });
      if (!this.#functions.has(`${domainOf(node)}::${node.opType ?? ''}`)) {
        this.uses.push({ ...useOf(node, index, at), inner });
      }
      for (const surroundings of inner) this.#nodes(surroundings.graph.node, surroundings);
    }
  }

  #take(place: readonly string[]): SubgraphTensors['tensors'] {
    return this.#inferred.get(JSON.stringify(place))?.pop() ?? {};
  }
}

interface Surroundings {
  readonly graph: GraphProto | null;
  readonly place: readonly string[];
  readonly tensors: Tensors;
  readonly versionOf: (domain: string) => number | undefined;
}

function useOf(
  node: NodeProto,
  index: number,
  { graph, tensors, versionOf }: Surroundings,
): Omit<OperatorUse, 'inner'> {
  return {
    node,
    operator: operatorKey(node),
    opset: versionOf(domainOf(node)),
    label: node.name || `${node.opType ?? 'Node'}_${index}`,
    graph,
    tensors,
  };
}

/** Before this IR version callers could not replace initializers, although they had to be inputs. */
const OVERRIDABLE_SINCE_IR = 4;

/** Inferred facts first, then what the graph itself says, then the graphs around it. */
class GraphTensors implements Tensors {
  readonly #own = new Map<string, TensorInfo>();
  readonly #constants = new Map<string, TensorProto | undefined>();
  readonly #outer: Tensors;

  constructor(graph: GraphProto, inferred: Readonly<Record<string, TensorInfo>>, { outer, irVersion }: Scope) {
    this.#outer = outer;
    for (const info of [...graph.input, ...graph.output, ...graph.valueInfo].map(tensorInfo)) {
      if (info.dataType !== null || info.shape !== null) this.#own.set(info.name, info);
    }
    for (const info of Object.values(inferred)) if (info.dataType !== null) this.#own.set(info.name, info);
    const replaceable = new Set(irVersion < OVERRIDABLE_SINCE_IR ? [] : graph.input.map(({ name }) => name));
    for (const tensor of graph.initializer) {
      this.#note(tensor.name ?? '', tensor);
      if (!replaceable.has(tensor.name)) this.#constants.set(tensor.name ?? '', tensor);
    }
    for (const node of graph.node) {
      const [name] = node.output;
      if (operatorKey(node) !== 'Constant' || !name) continue;
      const value = findAttribute(node, 'value')?.t;
      if (value !== undefined) this.#note(name, value);
      this.#constants.set(name, value);
    }
  }

  #note(name: string, tensor: TensorProto): void {
    this.#own.set(name, { name, dataType: dataTypeOf(tensor.dataType) ?? null, shape: tensor.dims });
  }

  info(name: string): TensorInfo | null {
    return this.#own.get(name) ?? this.#outer.info(name);
  }

  isConstant(name: string): boolean {
    return this.#constants.has(name) || (!this.#own.has(name) && this.#outer.isConstant(name));
  }

  constant(name: string): TensorProto | undefined {
    return this.#constants.get(name) ?? (this.#own.has(name) ? undefined : this.#outer.constant(name));
  }
}

interface Scope {
  readonly outer: Tensors;
  readonly irVersion: number;
}
