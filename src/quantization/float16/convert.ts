/** Carries out the plan of a float16 conversion, graph by graph: weights, types, and a Cast wherever two forms meet. */
import { makeNode } from '../../onnx/build.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { FreshNames } from '../../onnx/fresh-names.ts';
import { subgraphsOf } from '../../onnx/graph.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from '../../onnx/proto.ts';
import { executionOrder } from '../../onnx/shapes/order.ts';
import type { HalfWeights } from '../half-weights.ts';
import { withHalfType } from './node-types.ts';
import type { Plan } from './plan.ts';
import type { Form, Scope } from './scope.ts';

/** What all graphs of one model share. */
export interface Conversion {
  readonly plan: Plan;
  /** Knows every name of the model, so that no graph hides a name of the one around it. */
  readonly names: FreshNames;
  readonly weights: HalfWeights;
  /** Called before each node and each initializer: lets others have their turn, and ends the work by what it throws. */
  step(): Promise<void>;
}

/** The names of one tensor in the converted model. */
type Spelling = { [F in Form]?: string };

export class GraphConverter {
  readonly #scope: Scope;
  readonly #shared: Conversion;
  readonly #outer: GraphConverter | null;
  readonly #spellings = new Map<string, Spelling>();
  /** Casts by the node that they follow; null: at the beginning. */
  readonly #casts = new Map<NodeProto | null, NodeProto[]>();
  readonly #producers = new Map<string, NodeProto>();

  constructor(scope: Scope, shared: Conversion, outer: GraphConverter | null = null) {
    this.#scope = scope;
    this.#shared = shared;
    this.#outer = outer;
    for (const node of scope.graph.node) for (const name of node.output) this.#producers.set(name, node);
  }

  /** Changes the graph, and those inside it, in place. */
  async convert(): Promise<void> {
    const { graph } = this.#scope;
    const initializers: TensorProto[] = [];
    for (const tensor of graph.initializer) {
      await this.#shared.step();
      initializers.push(...this.#initializer(tensor));
    }
    graph.initializer = initializers;
    if (this.#outer === null) for (const index of graph.output.keys()) this.#publish(index);
    const converted: (readonly [NodeProto, NodeProto])[] = [];
    for (const node of executionOrder(graph.node).nodes) {
      await this.#shared.step();
      converted.push([node, await this.#node(node)]);
    }
    graph.output = graph.output.map((value, index) => this.#output(value, index));
    graph.input = graph.input.map((value) => this.#retyped(value));
    graph.valueInfo = graph.valueInfo.map((value) => this.#retyped(value));
    const castsBehind = (node: NodeProto | null): NodeProto[] => this.#casts.get(node) ?? [];
    graph.node = [...castsBehind(null), ...converted.flatMap(([node, made]) => [made, ...castsBehind(node)])];
  }

  /** One that is read in both forms is kept twice. */
  #initializer(tensor: TensorProto): TensorProto[] {
    const { plan, names, weights } = this.#shared;
    const name = tensor.name ?? '';
    const form = this.#scope.forms.get(name);
    if (form === undefined) return [tensor];
    if (form === 'float16') return [weights.convert(tensor, name)];
    if (!this.#scope.demands.get(name)?.has('float16')) return [tensor];
    // An output of the model that is an initializer gives its name to the form of the output.
    const published = this.#scope.graph.output.findIndex((output) => output.name === name);
    const named = published >= 0 && this.#outer === null ? plan.outputForm(this.#scope.graph, published) : 'float32';
    const copy = names.make(`${name}_${named === 'float32' ? 'float16' : 'float32'}`);
    const spelling = named === 'float32' ? { float32: name, float16: copy } : { float32: copy, float16: name };
    this.#spellings.set(name, spelling);
    return [
      { ...tensor, name: spelling.float32 },
      { ...weights.convert(tensor, name), name: spelling.float16 },
    ];
  }

  /** An output of the model keeps its name: what makes it in another form gets a new one, and a Cast comes behind. */
  #publish(index: number): void {
    const { plan, names } = this.#shared;
    const name = this.#scope.graph.output[index]?.name ?? '';
    const form = this.#scope.forms.get(name);
    const wanted = plan.outputForm(this.#scope.graph, index);
    if (form === undefined || form === wanted || this.#spellings.has(name)) return;
    const inner = names.make(`${name}_${form}`);
    this.#spellings.set(name, { [form]: inner, [wanted]: name });
    this.#addCast(inner, wanted, name, this.#producers.get(name) ?? null);
  }

  async #node(node: NodeProto): Promise<NodeProto> {
    const { plan } = this.#shared;
    for (const { graph } of subgraphsOf(node)) {
      await new GraphConverter(plan.scope(graph), this.#shared, this).convert();
    }
    const input = node.input.map((name, index) => this.#read(name, plan.inputForm(node, index)));
    const output = node.output.map((name) => this.#made(name));
    const isHalf = plan.isHalf(node) && this.#scope.isFloat(node.output[0] ?? '');
    const typed = isHalf ? withHalfType(node, this.#shared.weights) : node;
    return { ...typed, input, output };
  }

  /** The name under which the node that makes a tensor writes it. */
  #made(name: string): string {
    const form = this.#scope.forms.get(name);
    return (form === undefined ? undefined : this.#spellings.get(name)?.[form]) ?? name;
  }

  /** The name of a tensor in a form, for nodes of this graph; a Cast makes it where nobody has yet. */
  #read(name: string, wanted: Form | null): string {
    const made = this.#scope.form(name);
    if (made === undefined) return name;
    const form = wanted ?? made;
    const home = this.#scope.home(name);
    for (let at: GraphConverter | null = this; at !== null; at = at.#outer) {
      const known = at.#spellings.get(name)?.[form];
      if (known !== undefined) return known;
      if (at.#scope !== home) continue;
      if (made === form) return name;
      return this.#cast(name, at.#made(name), form, at === this);
    }
    return name;
  }

  #cast(name: string, source: string, form: Form, isOwn: boolean): string {
    const result = this.#shared.names.make(`${name}_${form}`);
    this.#spellings.set(name, { ...this.#spellings.get(name), [form]: result });
    this.#addCast(source, form, result, isOwn ? (this.#producers.get(name) ?? null) : null);
    return result;
  }

  #addCast(source: string, form: Form, result: string, behind: NodeProto | null): void {
    const attributes = { to: BigInt(DATA_TYPES[form].code) };
    const name = this.#shared.names.make(`${result}_Cast`);
    const casts = this.#casts.get(behind) ?? [];
    casts.push(makeNode('Cast', [source], [result], { name, attributes }));
    this.#casts.set(behind, casts);
  }

  #output(value: ValueInfoProto, index: number): ValueInfoProto {
    const name = value.name ?? '';
    if (this.#scope.form(name) === undefined) return value;
    const form = this.#shared.plan.outputForm(this.#scope.graph, index);
    return withType({ ...value, name: this.#read(name, form) }, form);
  }

  /** With the type that the tensor of this name has now. */
  #retyped(value: ValueInfoProto): ValueInfoProto {
    const { name = '' } = value;
    const form = this.#scope.forms.get(name);
    if (form === undefined) return value;
    const spelling = this.#spellings.get(name) ?? {};
    const other = form === 'float16' ? 'float32' : 'float16';
    return withType(value, spelling[other] === name ? other : form);
  }
}

/** Types that are not said stay so. */
function withType(value: ValueInfoProto, form: Form): ValueInfoProto {
  const tensorType = value.type?.tensorType;
  if (tensorType === undefined) return value;
  return { ...value, type: { ...value.type, tensorType: { ...tensorType, elemType: DATA_TYPES[form].code } } };
}
