/** What a float16 conversion knows of the tensors of one graph; inner graphs see those of the graphs around them. */
import { findAttribute } from '../../onnx/attribute.ts';
import type { DataType } from '../../onnx/data-type.ts';
import { isConstantNode } from '../../onnx/placed-weights.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { normalDomain } from '../../onnx/shapes/functions.ts';
import type { Shapes } from '../../onnx/shapes/infer.ts';

/** The type that a tensor, or a parameter of a node, has in the converted model where it was float32 in the original. */
export type Form = 'float16' | 'float32';

export class Scope {
  readonly graph: GraphProto;
  readonly outer: Scope | null;
  readonly #types: Shapes;
  readonly #defined: ReadonlySet<string>;
  /** Initializers and Constant nodes. */
  readonly #constants: ReadonlySet<string>;
  /** Float32 tensors of this graph → the form in which they are made. */
  readonly forms = new Map<string, Form>();
  /** Constants, and numbers that a Cast makes floats of: their form is what their readers ask for. */
  readonly #flexible: ReadonlySet<string>;
  /** Flexible tensors of this graph → forms that somebody reads. */
  readonly demands = new Map<string, Set<Form>>();

  constructor(graph: GraphProto, types: Shapes, outer: Scope | null) {
    this.graph = graph;
    this.outer = outer;
    this.#types = types;
    const initializers = graph.initializer.map(({ name = '' }) => name);
    this.#constants = new Set([
      ...initializers,
      ...graph.node.filter(isPlainConstant).map(({ output }) => output[0] ?? ''),
    ]);
    this.#defined = new Set([
      ...initializers,
      ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
      ...graph.input.map(({ name = '' }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const casts = graph.node.filter((node) => isCast(node) && !this.isFloat(node.input[0] ?? ''));
    this.#flexible = new Set([...this.#constants, ...casts.map(({ output }) => output[0] ?? '')]);
  }

  /** The graph that makes the tensor: this one or one around it; null where none does. */
  home(name: string): Scope | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      if (scope.#defined.has(name)) return scope;
    }
    return null;
  }

  isConstant(name: string): boolean {
    const home = this.home(name);
    return home === null ? false : home.#constants.has(name);
  }

  isFlexible(name: string): boolean {
    const home = this.home(name);
    return home === null ? false : home.#flexible.has(name);
  }

  initializer(name: string): TensorProto | undefined {
    return this.home(name)?.graph.initializer.find((tensor) => tensor.name === name);
  }

  /** In the original; null where it is not known, and for sequences and the like. */
  dataType(name: string): DataType | null {
    return this.#info(name)?.dataType ?? null;
  }

  /** Null where it is not known. */
  rank(name: string): number | null {
    return this.#info(name)?.shape?.length ?? null;
  }

  isFloat(name: string): boolean {
    return this.dataType(name) === 'float32';
  }

  #info(name: string) {
    const home = this.home(name);
    return home !== null && Object.hasOwn(home.#types, name) ? home.#types[name] : undefined;
  }

  /** Notes that somebody reads a float32 tensor in this form; only of flexible ones it matters. */
  demand(name: string, form: Form): void {
    const home = this.home(name);
    if (home === null || !home.#flexible.has(name)) return;
    const known = home.demands.get(name);
    if (known === undefined) home.demands.set(name, new Set([form]));
    else known.add(form);
  }

  /** The form in which a float32 tensor is made; undefined for tensors that were not float32. */
  form(name: string): Form | undefined {
    return this.home(name)?.forms.get(name);
  }
}

/** Sparse values and attributes of functions stay as they are. */
function isPlainConstant(node: NodeProto): boolean {
  return isConstantNode(node) && CONSTANT_FORMS.some((name) => findAttribute(node, name) !== undefined);
}

function isCast({ opType, domain }: NodeProto): boolean {
  return opType === 'Cast' && normalDomain(domain) === '';
}

/** Attributes of Constant that hold floats. */
const CONSTANT_FORMS = ['value', 'value_float', 'value_floats'];
