/** One node as a rule sees it: attributes by their plain values, and what is known of the inputs. */
import type { Dim } from '../build.ts';
import { type DataType, dataTypeOf } from '../data-type.ts';
import type { AttributeProto, NodeProto } from '../proto.ts';
import { Contradiction } from './dims.ts';
import type { Element, Shape, Value, ValueType } from './types.ts';

/** What is known of one value: its elements, too, where they are few, or how to read them when a rule asks. */
export interface Known {
  readonly type: ValueType | null;
  readonly value: Value | null | (() => Value | null);
}

/** What is the same for all nodes of a graph or of a function body. */
export interface Surroundings {
  /** Operator domain (`''` is the default one) → version. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes of the function call that the node is part of, for attributes that refer to them. */
  readonly functionAttributes: ReadonlyMap<string, AttributeProto> | null;
  readonly infer: (
    node: NodeProto,
    attribute: AttributeProto,
    inputs: readonly Known[],
    isReached: boolean,
  ) => readonly (Known | null)[] | null;
}

interface SubgraphOptions {
  /** Elements of the inputs that are the same each time the graph runs. */
  readonly values?: readonly (Value | null)[];
  /** False where it is known never to run: what cannot be in it does no harm. */
  readonly isReached?: boolean;
}

const text = new TextDecoder();

export class Call {
  readonly operator: string;
  /** Version of the operator set of the operator's domain; 1 where the model does not import it. */
  readonly opset: number;
  readonly outputCount: number;
  readonly #node: NodeProto;
  readonly #inputs: readonly (Known | null)[];
  readonly #around: Surroundings;

  constructor(node: NodeProto, domain: string, inputs: readonly (Known | null)[], around: Surroundings) {
    this.operator = node.opType ?? '';
    this.opset = around.opsets.get(domain) ?? 1;
    this.outputCount = node.output.length;
    this.#node = node;
    this.#inputs = inputs;
    this.#around = around;
  }

  get inputCount(): number {
    return this.#node.input.length;
  }

  /** Optional inputs are left out at the end of the list or by an empty name. */
  hasInput(index: number): boolean {
    return Boolean(this.#node.input[index]);
  }

  hasOutput(index: number): boolean {
    return Boolean(this.#node.output[index]);
  }

  /** Null when the input is absent or nothing is known of it. */
  input(index: number): ValueType | null {
    return this.#inputs[index]?.type ?? null;
  }

  /** Types of all inputs in their order. */
  inputs(): readonly (ValueType | null)[] {
    return this.#inputs.map((known) => known?.type ?? null);
  }

  /** Element type of a tensor; null for what is no tensor. */
  dataType(index: number): DataType | null {
    const type = this.input(index);
    return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dataType : null;
  }

  /** Of the first of these inputs of which it is known; for operators whose inputs are of one type. */
  commonDataType(from = 0): DataType | null {
    for (let index = from; index < this.#inputs.length; index += 1) {
      const dataType = this.dataType(index);
      if (dataType !== null) return dataType;
    }
    return null;
  }

  /** Null when the rank is not known or when it is no tensor. */
  shape(index: number): Shape {
    return shapeOf(this.input(index));
  }

  /** Shapes of all inputs in their order. */
  shapes(): readonly Shape[] {
    return this.#inputs.map((known) => shapeOf(known?.type ?? null));
  }

  rank(index: number): number | null {
    return this.shape(index)?.length ?? null;
  }

  /** Elements of a small tensor as far as they are known. */
  value(index: number): Value | null {
    return valueIn(this.#inputs[index] ?? null);
  }

  /** Elements of a scalar or of a list. */
  list(index: number): readonly Element[] | null {
    const value = this.value(index);
    return value === null || value.dims.length > 1 ? null : value.elements;
  }

  /** The same when every element is a number. */
  numbers(index: number): readonly number[] | null {
    const list = this.list(index);
    return list?.every((element) => typeof element === 'number') ? (list as number[]) : null;
  }

  /** The only element of a tensor. */
  element(index: number): Element {
    const value = this.value(index);
    return value?.elements.length === 1 ? (value.elements[0] as Element) : null;
  }

  /** The only element where it is a number. */
  number(index: number): number | null {
    const element = this.element(index);
    return typeof element === 'number' ? element : null;
  }

  /** Undefined when the node does not have it, or refers to one that the caller of the function did not give. */
  attribute(name: string): AttributeProto | undefined {
    const found = this.#node.attribute.find((attribute) => attribute.name === name);
    return found?.refAttrName ? this.#around.functionAttributes?.get(found.refAttrName) : found;
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const value = this.attribute(name)?.i;
    return value === undefined ? otherwise : Number(value);
  }

  ints(name: string): readonly number[] | undefined {
    return this.attribute(name)?.ints.map(Number);
  }

  float(name: string, otherwise: number): number {
    return this.attribute(name)?.f ?? otherwise;
  }

  floats(name: string): readonly number[] | undefined {
    return this.attribute(name)?.floats;
  }

  text(name: string): string | undefined;
  text(name: string, otherwise: string): string;
  text(name: string, otherwise?: string): string | undefined {
    const value = this.attribute(name)?.s;
    return value === undefined ? otherwise : text.decode(value);
  }

  /** An INT attribute that holds a TensorProto.DataType; undefined when absent, null when this version does not know it. */
  dataTypeAttribute(name: string): DataType | null | undefined {
    const code = this.int(name);
    return code === undefined ? undefined : (dataTypeOf(code) ?? null);
  }

  /**
   * Infers the graph of an attribute with inputs of these types, and keeps what it found under the place of the graph.
   * @returns what is known of its outputs; null when there is no such graph
   */
  subgraph(
    name: string,
    inputs: readonly (ValueType | null)[],
    { values = [], isReached = true }: SubgraphOptions = {},
  ): readonly (Known | null)[] | null {
    const attribute = this.attribute(name);
    if (attribute?.g === undefined) return null;
    const known = inputs.map((type, index): Known => ({ type, value: values[index] ?? null }));
    return this.#around.infer(this.#node, attribute, known, isReached);
  }

  /** Gives the node up: the contradiction is kept as a problem of the model. */
  fail(message: string): never {
    throw new Contradiction(message);
  }

  /** Counts negative axes from the end. Fails when the axis is out of range. */
  axis(axis: number, rank: number): number {
    const index = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(index) && index >= 0 && index < rank) return index;
    return this.fail(`axis ${axis} is out of range for rank ${rank}`);
  }

  /** The dim of an input at an axis; null when the rank is not known. Fails when the axis is out of range. */
  dim(index: number, axis: number): Dim {
    const shape = this.shape(index);
    return shape === null ? null : (shape[this.axis(axis, shape.length)] as Dim);
  }

  /** The shape of an input that must have this rank; null when it is not known. */
  shapeOfRank(index: number, rank: number): Shape {
    const shape = this.shape(index);
    if (shape === null || shape.length === rank) return shape;
    return this.fail(`input ${index} has rank ${shape.length} instead of ${rank}`);
  }
}

/** The elements of a value as far as they are known. */
export function valueIn(known: Known | null): Value | null {
  const value = known?.value ?? null;
  return typeof value === 'function' ? value() : value;
}

function shapeOf(type: ValueType | null): Shape {
  return type?.kind === 'tensor' || type?.kind === 'sparse' ? type.shape : null;
}
