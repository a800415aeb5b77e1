/** Walks a graph node by node and notes what each makes; inner graphs and calls of model-local functions on the way. */
import { dataTypeOf } from '../data-type.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from '../proto.ts';
import { Call, type Known } from './call.ts';
import { smallValue } from './constants.ts';
import { type Bindings, isTensor, mergeTypes, typeOf } from './declared.ts';
import { Contradiction } from './dims.ts';
import { attributesOf, functionKey, normalDomain } from './functions.ts';
import { executionOrder } from './order.ts';
import { outputsOf } from './outputs.ts';
import { ruleOf } from './rules/registry.ts';
import { Scope } from './scope.ts';
import { freshSymbol } from './symbols.ts';
import { tensor, type Value, type ValueType } from './types.ts';

/** What the model says cannot be. */
export interface ShapeProblem {
  /**
   * `node`: the inputs do not fit the operator; the outputs are only known as far as the model declares them.
   * `declaration`: the model declares another shape of a value than follows from its node, which is the one that counts.
   * `order`: nodes wait for one another.
   */
  readonly kind: 'node' | 'declaration' | 'order';
  /** The graph, as `PlacedGraph.place`. */
  readonly place: readonly string[];
  /** Name of the node, or its operator where it has none; the name of the value where the two sides of it differ. */
  readonly node: string;
  readonly message: string;
}

/** Where the nodes of a graph or of a function body stand. */
interface Place {
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  readonly functionAttributes: ReadonlyMap<string, AttributeProto> | null;
  readonly path: readonly string[];
  readonly depth: number;
}

export interface WalkedGraph {
  readonly graph: GraphProto;
  readonly place: readonly string[];
  readonly known: ReadonlyMap<string, Known>;
}

/** Bodies may be walked more than once (each call of a function, each round of a Loop), but not without end. */
const MAX_INNER_NODES = 200_000;
const MAX_DEPTH = 64;
const MAX_PROBLEMS = 100;

type Types = readonly (ValueType | null)[];

export class Walk {
  readonly problems: ShapeProblem[] = [];
  readonly unknownOperators = new Set<string>();
  /** The last walk over each graph that is not inside a function. */
  readonly walked = new Map<GraphProto, WalkedGraph>();
  readonly #functions: ReadonlyMap<string, FunctionProto>;
  readonly #bind: Bindings;
  #innerNodes = 0;
  #symbols = 0;

  constructor(functions: readonly FunctionProto[], bind: Bindings) {
    this.#functions = new Map(functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
    this.#bind = bind;
  }

  /** @returns what is known of the outputs of the graph */
  graph(graph: GraphProto, opsets: ReadonlyMap<string, number>): readonly (Known | null)[] {
    const place = { scope: new Scope(null), opsets, functionAttributes: null, path: [], depth: 0 };
    return this.#graph(graph, [], place);
  }

  #graph(graph: GraphProto, inputs: Types, place: Place): readonly (Known | null)[] {
    const { known } = place.scope;
    for (const [index, input] of graph.input.entries()) {
      const name = input.name ?? '';
      const declared = typeOf(input.type, this.#bind, place.depth === 0 ? name : undefined);
      known.set(name, { type: this.#named(this.#merged(inputs[index] ?? null, declared, name, place)) });
    }
    for (const initializer of graph.initializer) known.set(initializer.name ?? '', constant(initializer));
    for (const { values, dims } of graph.sparseInitializer) {
      if (values) known.set(values.name ?? '', { type: tensor(dataTypeOf(values.dataType) ?? null, dims) });
    }
    this.#nodes(graph.node, place, [...graph.valueInfo, ...graph.output]);
    if (place.functionAttributes === null) this.walked.set(graph, { graph, place: place.path, known });
    return graph.output.map((output) => place.scope.get(output.name ?? ''));
  }

  #nodes(nodes: readonly NodeProto[], place: Place, values: readonly ValueInfoProto[]): void {
    const declared = new Map(values.map((value) => [value.name ?? '', value]));
    const order = executionOrder(nodes);
    if (order.cyclic > 0) {
      const first = order.nodes[order.nodes.length - order.cyclic] as NodeProto;
      this.#problem('order', place, nameOf(first), `${order.cyclic} nodes wait for one another in a cycle`);
    }
    for (const node of order.nodes) {
      if (place.depth > 0) this.#innerNodes += 1;
      const outputs = this.#innerNodes > MAX_INNER_NODES ? [] : this.#node(node, place);
      for (const [index, name] of node.output.entries()) {
        if (name === '') continue;
        const found = outputs[index] ?? { type: null };
        const said = typeOf(declared.get(name)?.type, this.#bind);
        const type = this.#named(this.#merged(found.type, said, name, place));
        place.scope.known.set(name, { ...found, type });
      }
    }
  }

  /** Contradictions end here: the node is given up, the walk goes on. */
  #node(node: NodeProto, place: Place): readonly (Known | null)[] {
    const inputs = node.input.map((name) => (name === '' ? null : place.scope.get(name)));
    try {
      const fn = this.#functions.get(functionKey(node.domain, node.opType, node.overload));
      return fn === undefined ? this.#apply(node, inputs, place) : this.#call(fn, node, inputs, place);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      this.#problem('node', place, nameOf(node), error.message);
      return [];
    }
  }

  #apply(node: NodeProto, inputs: readonly (Known | null)[], place: Place): readonly (Known | null)[] {
    const domain = normalDomain(node.domain);
    const rules = ruleOf(domain, node.opType ?? '');
    if (rules === undefined) {
      this.unknownOperators.add(domain === '' ? (node.opType ?? '') : `${domain}.${node.opType}`);
      // What its graphs take is not known, but they have constants and declared types of their own.
      for (const attribute of node.attribute) this.#inner(node, attribute, [], place);
      return [];
    }
    const call = new Call(node, {
      opset: place.opsets.get(domain) ?? 1,
      functionAttributes: place.functionAttributes,
      inputs,
      infer: (attribute, types) => this.#inner(node, attribute, types, place),
    });
    return outputsOf(call, rules);
  }

  #inner(node: NodeProto, attribute: AttributeProto, inputs: Types, place: Place): readonly (Known | null)[] | null {
    if (attribute.g === undefined || place.depth >= MAX_DEPTH) return null;
    const path = [...place.path, `${nameOf(node)}.${attribute.name ?? ''}`];
    return this.#graph(attribute.g, inputs, {
      ...place,
      scope: new Scope(place.scope),
      path,
      depth: place.depth + 1,
    });
  }

  /** A function sees nothing but its inputs and attributes. */
  #call(fn: FunctionProto, node: NodeProto, inputs: readonly (Known | null)[], place: Place) {
    if (place.depth >= MAX_DEPTH) return [];
    const scope = new Scope(null);
    for (const [index, name] of fn.input.entries()) scope.known.set(name, inputs[index] ?? { type: null });
    const own = new Map(fn.opsetImport.map((opset) => [normalDomain(opset.domain), opset.version ?? 1]));
    const inner: Place = {
      scope,
      opsets: own.size === 0 ? place.opsets : own,
      functionAttributes: attributesOf(fn, node, place.functionAttributes),
      path: [...place.path, nameOf(node)],
      depth: place.depth + 1,
    };
    this.#nodes(fn.node, inner, fn.valueInfo);
    return fn.output.map((name) => scope.get(name));
  }

  /** What was inferred counts where the model declares something else: it may be what an older export left behind. */
  #merged(inferred: ValueType | null, declared: ValueType | null, name: string, place: Place): ValueType | null {
    try {
      return mergeTypes(inferred, declared);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      this.#problem('declaration', place, name, `the model declares another shape: ${error.message}`);
      return inferred;
    }
  }

  /** Gives every open dim a symbol of its own, so that equal sizes are seen to be equal further down. */
  #named(type: ValueType | null): ValueType | null {
    if (!isTensor(type) || !type.shape?.includes(null)) return type;
    const shape = type.shape.map((dim) => {
      if (dim !== null) return dim;
      this.#symbols += 1;
      return freshSymbol(this.#symbols);
    });
    return { ...type, shape };
  }

  #problem(kind: ShapeProblem['kind'], place: Place, node: string, message: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ kind, place: place.path, node, message });
  }
}

function nameOf(node: NodeProto): string {
  return node.name || node.opType || '';
}

function constant(initializer: TensorProto): Known {
  let value: Value | null | undefined;
  const load = (): Value | null => {
    if (value === undefined) value = smallValue(initializer);
    return value;
  };
  return { type: tensor(dataTypeOf(initializer.dataType) ?? null, initializer.dims), load };
}
