/** Small numeric constants of a model by name: initializers, Constant nodes and what is made of them by Identity. */
import { findAttribute } from '../../../onnx/attribute.ts';
import { isExternal } from '../../../onnx/external-data.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../../onnx/proto.ts';
import { loadTensor, tensorByteLength } from '../../../onnx/tensor.ts';
import { numberReader } from '../../../onnx/tensor-numbers.ts';

/** Shapes, counts and bounds are short lists. */
const MAX_BYTES = 4096;
/** A name that is defined again in a subgraph; all of its values are tried. */
const MAX_DEFINITIONS = 8;

type Definition = TensorProto | readonly number[];

export class Constants {
  readonly #definitions = new Map<string, Definition[]>();

  addGraph({ initializer, node }: GraphProto): void {
    for (const tensor of initializer) this.#define(tensor.name, tensor);
    this.addNodes(node);
  }

  addNodes(nodes: readonly NodeProto[]): void {
    for (const node of nodes) {
      if (node.opType === 'Constant') this.#define(node.output[0], constantOf(node));
      else if (node.opType === 'Identity') {
        for (const definition of this.#definitions.get(node.input[0] ?? '') ?? [])
          this.#define(node.output[0], definition);
      }
    }
  }

  /** Every list of numbers that the name may stand for; empty where it is not a small constant. */
  valuesOf(name: string | undefined): (readonly number[])[] {
    return (this.#definitions.get(name ?? '') ?? []).flatMap((definition) => {
      const numbers = Array.isArray(definition) ? definition : numbersOf(definition as TensorProto);
      return numbers === undefined ? [] : [numbers];
    });
  }

  #define(name: string | undefined, definition: Definition | undefined): void {
    if (name === undefined || name === '' || definition === undefined) return;
    const known = this.#definitions.get(name);
    if (known === undefined) this.#definitions.set(name, [definition]);
    else if (known.length < MAX_DEFINITIONS) known.push(definition);
  }
}

function constantOf(node: NodeProto): Definition | undefined {
  const tensor = findAttribute(node, 'value')?.t;
  if (tensor !== undefined) return tensor;
  const int = findAttribute(node, 'value_int')?.i ?? findAttribute(node, 'value_float')?.f;
  if (int !== undefined) return [Number(int)];
  const list = findAttribute(node, 'value_ints')?.ints ?? findAttribute(node, 'value_floats')?.floats;
  return list === undefined || list.length * 8 > MAX_BYTES ? undefined : list.map(Number);
}

function numbersOf(tensor: TensorProto): readonly number[] | undefined {
  if (isExternal(tensor) || tensor.dims.some((dim) => dim < 0) || tensorByteLength(tensor) > MAX_BYTES)
    return undefined;
  try {
    const host = loadTensor(tensor);
    if (Array.isArray(host.data)) return undefined;
    return Array.from({ length: host.data.length }, (_, index) => numberReader(host)(index));
  } catch {
    // Its size does not fit; that is a rule of its own.
    return undefined;
  }
}
