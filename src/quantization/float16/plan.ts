/** Decides for every node, and for every float32 tensor of a model, whether it becomes float16; nothing is changed here. */

import { opsetVersion, subgraphsOf } from '../../onnx/graph.ts';
import { isConstantNode } from '../../onnx/placed-weights.ts';
import type { GraphProto, ModelProto, NodeProto } from '../../onnx/proto.ts';
import type { ModelShapes } from '../../runtime/shapes.ts';
import { type Crossing, crossings } from './boundaries.ts';
import { isFloatInput, isFloatOutput, readsNoValues, staysFloat } from './float-parameters.ts';
import { type Form, Scope } from './scope.ts';
import { sizeNodes } from './sizes.ts';
import type { Wishes } from './wishes.ts';

/** The forms of the inputs and outputs of one graph; outputs by their place, since one tensor may be two of them. */
interface Boundary {
  readonly inputs: ReadonlyMap<string, Form>;
  readonly outputs: readonly Form[];
}

export class Plan {
  readonly main: Scope;
  readonly opset: number;
  readonly #scopes = new Map<GraphProto, Scope>();
  readonly #boundaries = new Map<GraphProto, Boundary>();
  readonly #nodes = new Map<NodeProto, Form>();
  readonly #types: ReadonlyMap<GraphProto, ModelShapes['tensors']>;
  readonly #wishes: Wishes;

  constructor(model: ModelProto & { graph: GraphProto }, shapes: ModelShapes, wishes: Wishes) {
    const { graph } = model;
    this.opset = opsetVersion(model) ?? 1;
    this.#wishes = wishes;
    this.#types = new Map([[graph, shapes.tensors], ...shapes.subgraphs.map((s) => [s.graph, s.tensors] as const)]);
    this.main = this.#scope(graph, null);
    const form = ({ name = '' }: { readonly name?: string }): Form => wishes.interfaceForm(name);
    const inputs = new Map(graph.input.map((input) => [input.name ?? '', form(input)]));
    this.#graph(this.main, { inputs, outputs: graph.output.map(form) }, new Set(), false);
    for (const scope of this.#scopes.values()) this.#demand(scope);
    for (const scope of this.#scopes.values()) this.#settle(scope);
  }

  scope(graph: GraphProto): Scope {
    return this.#scopes.get(graph) as Scope;
  }

  outputForm(graph: GraphProto, index: number): Form {
    return this.#boundaries.get(graph)?.outputs[index] ?? 'float32';
  }

  isHalf(node: NodeProto): boolean {
    return this.#nodes.get(node) === 'float16';
  }

  /** The form in which a node reads an input that was float32; null where it takes the tensor as it is made. */
  inputForm(node: NodeProto, index: number): Form | null {
    if (readsNoValues(node)) return null;
    return this.isHalf(node) && !isFloatInput(node, index, this.opset) ? 'float16' : 'float32';
  }

  /** Operator → how many nodes become float16, sorted; constants are no work. */
  halfNodes(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const [node, form] of this.#nodes) {
      if (form === 'float16' && !isConstantNode(node))
        counts.set(node.opType ?? '', (counts.get(node.opType ?? '') ?? 0) + 1);
    }
    return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #scope(graph: GraphProto, outer: Scope | null): Scope {
    const scope = new Scope(graph, this.#types.get(graph) ?? {}, outer);
    this.#scopes.set(graph, scope);
    return scope;
  }

  /** @param isFrozen in graphs of operators of which nobody knows how values reach them */
  #graph(scope: Scope, boundary: Boundary, outerSizes: ReadonlySet<string>, isFrozen: boolean): void {
    const { graph } = scope;
    this.#boundaries.set(graph, boundary);
    for (const [name, form] of boundary.inputs) if (scope.isFloat(name)) scope.forms.set(name, form);
    for (const { values } of graph.sparseInitializer) {
      if (scope.isFloat(values?.name ?? '')) scope.forms.set(values?.name ?? '', 'float32');
    }
    const sizes = sizeNodes(scope, outerSizes);
    for (const node of graph.node) {
      const isFloat = isFrozen || sizes.nodes.has(node) || staysFloat(node, this.opset, (name) => scope.dataType(name));
      const inner = subgraphsOf(node).map((subgraph) => this.#scope(subgraph.graph, scope));
      const crossing = inner.length === 0 ? [] : crossings(node, this.opset);
      const isHalf = !isFloat && this.#canBeHalf(node, scope) && this.#agree(crossing, scope);
      this.#nodes.set(node, isHalf ? 'float16' : 'float32');
      for (const [index, name] of node.output.entries()) {
        if (!scope.isFloat(name)) continue;
        scope.forms.set(name, isHalf && !isFloatOutput(node, index, this.opset) ? 'float16' : 'float32');
      }
      for (const body of inner) {
        this.#graph(
          body,
          innerBoundary(body.graph, isHalf ? 'float16' : 'float32'),
          sizes.tensors,
          isFrozen || crossing === null,
        );
      }
    }
  }

  /** Every tensor that the node touches has a known type, one of them is float32, and nobody wants the node as it is. */
  #canBeHalf(node: NodeProto, scope: Scope): boolean {
    const types = [...node.input, ...node.output].filter((name) => name !== '').map((name) => scope.dataType(name));
    return (
      !readsNoValues(node) &&
      types.includes('float32') &&
      !types.includes(null) &&
      !this.#wishes.keepsFloat(node, scope)
    );
  }

  /** Values of a kind that is not known, or that changes on the way in, are not touched. */
  #agree(list: readonly Crossing[] | null, scope: Scope): boolean {
    return (
      list?.every(({ outside, inside, graph }) => {
        const type = scope.dataType(outside);
        return type !== null && type === this.scope(graph).dataType(inside);
      }) ?? false
    );
  }

  #demand(scope: Scope): void {
    const { graph } = scope;
    for (const node of graph.node) {
      for (const [index, name] of node.input.entries()) {
        const form = this.inputForm(node, index);
        if (form !== null) scope.demand(name, form);
      }
    }
    for (const [index, { name = '' }] of graph.output.entries()) scope.demand(name, this.outputForm(graph, index));
  }

  /** What is read in both forms stays exact, and a copy or a Cast serves the others. */
  #settle(scope: Scope): void {
    for (const [name, forms] of scope.demands) {
      if (!scope.isFloat(name)) continue;
      if (forms.has('float32')) scope.forms.set(name, 'float32');
      else if (!scope.forms.has(name)) scope.forms.set(name, 'float16');
    }
    for (const node of scope.graph.node) {
      const [name = ''] = node.output;
      if (scope.isFlexible(name) && scope.forms.get(name) === 'float32') this.#nodes.set(node, 'float32');
    }
  }
}

function innerBoundary(graph: GraphProto, form: Form): Boundary {
  return {
    inputs: new Map(graph.input.map(({ name = '' }) => [name, form])),
    outputs: graph.output.map(() => form),
  };
}
