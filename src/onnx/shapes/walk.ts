/** Walks a graph node by node and notes what each makes; inner graphs and calls of model-local functions on the way. */
import type { Bindings } from '../bindings.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, ValueInfoProto } from '../proto.ts';
import { Call, type Known, type Surroundings } from './call.ts';
import { constantOf } from './constants.ts';
import { completedType, isTensor, typeOf } from './declared.ts';
import { Contradiction } from './dims.ts';
import { attributesOf, type Functions, functionKey, normalDomain } from './functions.ts';
import { executionOrder } from './order.ts';
import { outputsOf } from './outputs.ts';
import { Problems, type ShapeProblem } from './problems.ts';
import { ruleOf } from './rules/registry.ts';
import { Scope } from './scope.ts';
import { freshSymbol, isNamed } from './symbols.ts';
import type { ValueType } from './types.ts';

/** Where the nodes of a graph or of a function body stand. */
interface Place extends Surroundings {
  readonly scope: Scope;
  readonly path: readonly string[];
  readonly depth: number;
  /** False in a branch that is known never to run. */
  readonly isReached: boolean;
  /** Nodes that cannot take what reaches them; grows while the graph is walked. */
  readonly broken: Set<NodeProto>;
}

export interface WalkedGraph {
  readonly graph: GraphProto;
  readonly place: readonly string[];
  /** False where it is known never to run, and where one of its nodes cannot take what reaches it. */
  readonly canRun: boolean;
  readonly known: ReadonlyMap<string, Known>;
}

/** Nodes and constants of all bodies, each as often as it is walked: by each call of a function, each round of a Loop. */
const MAX_INNER_STEPS = 200_000;
const MAX_DEPTH = 64;

const NOTHING: Known = { type: null, value: null };

export class Walk {
  readonly problems = new Problems();
  readonly unknownOperators = new Set<string>();
  /** The last walk over each graph that is not inside a function. */
  readonly walked = new Map<GraphProto, WalkedGraph>();
  /** Our own symbols → what the model calls the same size somewhere. */
  readonly names = new Map<string, string>();
  readonly #functions: Functions;
  readonly #bind: Bindings;
  #innerSteps = 0;
  #symbols = 0;

  constructor(functions: Functions, bind: Bindings) {
    this.#functions = functions;
    this.#bind = bind;
  }

  /** @returns what is known of the outputs of the graph */
  graph(graph: GraphProto, opsets: ReadonlyMap<string, number>): readonly (Known | null)[] {
    const place = this.#place({
      scope: new Scope(null),
      opsets,
      functionAttributes: null,
      path: [],
      depth: 0,
      isReached: true,
    });
    return this.#graph(graph, [], place);
  }

  #graph(graph: GraphProto, inputs: readonly Known[], place: Place): readonly (Known | null)[] {
    const { known } = place.scope;
    for (const [index, input] of graph.input.entries()) {
      const name = input.name ?? '';
      const declared = typeOf(input.type, this.#bind, place.depth === 0 ? name : undefined);
      const given = inputs[index] ?? NOTHING;
      const type = this.#named(this.#merged(given.type, declared, name, place));
      known.set(name, { type, value: given.value });
    }
    for (const initializer of graph.initializer) known.set(initializer.name ?? '', constantOf(initializer));
    for (const { values, dims } of graph.sparseInitializer) {
      if (values) known.set(values.name ?? '', { type: constantOf({ ...values, dims }).type, value: null });
    }
    this.#nodes(graph.node, place, [...graph.valueInfo, ...graph.output]);
    if (place.functionAttributes === null) {
      const canRun = place.isReached && place.broken.size === 0;
      this.walked.set(graph, { graph, place: place.path, canRun, known });
    }
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
      const outputs = this.#node(node, place);
      for (let index = 0; index < node.output.length; index += 1) {
        const name = node.output[index] as string;
        if (name !== '') place.scope.known.set(name, this.#settled(outputs[index] ?? NOTHING, name, declared, place));
      }
    }
  }

  /** With what the model declares of the value, and with symbols for its open dims. */
  #settled(found: Known, name: string, declared: ReadonlyMap<string, ValueInfoProto>, place: Place): Known {
    const said = declared.get(name);
    const merged =
      said === undefined ? found.type : this.#merged(found.type, typeOf(said.type, this.#bind), name, place);
    const type = this.#named(merged);
    return type === found.type ? found : { type, value: found.value };
  }

  /** Contradictions end here: the node is given up, the walk goes on. */
  #node(node: NodeProto, place: Place): readonly (Known | null)[] {
    const inputs = node.input.map((name) => (name === '' ? null : place.scope.get(name)));
    try {
      const fn = this.#functionOf(node);
      return fn === undefined ? this.#apply(node, inputs, place) : this.#call(fn, node, inputs, place);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      place.broken.add(node);
      this.#problem('node', place, nameOf(node), error.message);
      return [];
    }
  }

  #functionOf(node: NodeProto): FunctionProto | undefined {
    if (this.#functions.size === 0) return undefined;
    return this.#functions.get(functionKey(node.domain, node.opType, node.overload));
  }

  #apply(node: NodeProto, inputs: readonly (Known | null)[], place: Place): readonly (Known | null)[] {
    const domain = normalDomain(node.domain);
    const rules = ruleOf(domain, node.opType ?? '');
    if (rules !== undefined) return outputsOf(new Call(node, domain, inputs, place), rules);
    this.unknownOperators.add(domain === '' ? (node.opType ?? '') : `${domain}.${node.opType}`);
    // What its graphs take is not known, but they have constants and declared types of their own.
    for (const attribute of node.attribute) this.#inner(node, attribute, [], place, true);
    return [];
  }

  #inner(
    node: NodeProto,
    attribute: AttributeProto,
    inputs: readonly Known[],
    place: Place,
    isReached: boolean,
  ): readonly (Known | null)[] | null {
    const { g: graph } = attribute;
    if (graph === undefined || !this.#canEnter(place, graph.node.length + graph.initializer.length)) return null;
    const inner = this.#place({
      ...place,
      scope: new Scope(place.scope),
      path: [...place.path, `${nameOf(node)}.${attribute.name ?? ''}`],
      depth: place.depth + 1,
      isReached: place.isReached && isReached,
    });
    return this.#graph(graph, inputs, inner);
  }

  /** A function sees nothing but its inputs and attributes. */
  #call(fn: FunctionProto, node: NodeProto, inputs: readonly (Known | null)[], place: Place) {
    if (!this.#canEnter(place, fn.node.length + fn.input.length + fn.attributeProto.length)) return [];
    const scope = new Scope(null);
    for (const [index, name] of fn.input.entries()) scope.known.set(name, inputs[index] ?? NOTHING);
    const own = new Map(fn.opsetImport.map((opset) => [normalDomain(opset.domain), opset.version ?? 1]));
    const inner = this.#place({
      scope,
      opsets: own.size === 0 ? place.opsets : own,
      functionAttributes: attributesOf(fn, node, place.functionAttributes),
      path: [...place.path, nameOf(node)],
      depth: place.depth + 1,
      isReached: place.isReached,
    });
    this.#nodes(fn.node, inner, fn.valueInfo);
    return fn.output.map((name) => scope.get(name));
  }

  /** Inner graphs and function bodies are walked again for each call of them: not too deep, and not without end. */
  #canEnter(place: Place, size: number): boolean {
    this.#innerSteps += size + 1;
    return place.depth < MAX_DEPTH && this.#innerSteps <= MAX_INNER_STEPS;
  }

  #place(parts: Omit<Place, 'infer' | 'broken'>): Place {
    const place: Place = {
      ...parts,
      broken: new Set(),
      infer: (node, attribute, inputs, isReached) => this.#inner(node, attribute, inputs, place, isReached),
    };
    return place;
  }

  /** What was inferred counts where the model declares something else: it may be what an older export left behind. */
  #merged(inferred: ValueType | null, declared: ValueType | null, name: string, place: Place): ValueType | null {
    try {
      this.#noteNames(inferred, declared);
      return completedType(inferred, declared);
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      this.#problem(
        'declaration',
        place,
        name,
        `it is declared as ${written(declared)}, and its node makes ${written(inferred)}`,
      );
      return inferred;
    }
  }

  #noteNames(inferred: ValueType | null, declared: ValueType | null): void {
    if (!isTensor(inferred) || !isTensor(declared) || inferred.shape?.length !== declared.shape?.length) return;
    for (const [axis, dim] of (inferred.shape ?? []).entries()) {
      const name = declared.shape?.[axis] ?? null;
      if (typeof dim === 'string' && !isNamed(dim) && isNamed(name) && !this.names.has(dim)) this.names.set(dim, name);
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
    if (place.isReached) this.problems.add({ kind, place: place.path, node, message });
  }
}

function nameOf(node: NodeProto): string {
  return node.name || node.opType || '';
}

/** Shapes as people write them. */
function written(type: ValueType | null): string {
  if (!isTensor(type) || type.shape === null) return type?.kind ?? 'nothing';
  return `[${type.shape.map((dim) => (typeof dim === 'number' || isNamed(dim) ? dim : '?')).join(', ')}]`;
}
