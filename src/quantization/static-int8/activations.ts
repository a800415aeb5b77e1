/** QuantizeLinear and DequantizeLinear of activations. */
import { makeNode } from '../../onnx/build.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { affineOf, type IntegerType, type Range } from '../affine.ts';
import type { GraphEditor } from '../graph-editor.ts';

interface Parameters {
  readonly scale: number;
  /** Initializers of scale and zero point, as inputs of a Q or DQ node. */
  readonly inputs: readonly string[];
}

export class Activations {
  readonly #editor: GraphEditor;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #type: IntegerType;
  readonly #parameters = new Map<string, Parameters>();
  readonly #dequantized = new Map<string, string>();

  /** Tensors in `integers` come out of their producer dequantized: nobody has to quantize them again. */
  constructor(
    editor: GraphEditor,
    ranges: ReadonlyMap<string, Range>,
    type: IntegerType,
    integers: ReadonlySet<string>,
  ) {
    this.#editor = editor;
    this.#ranges = ranges;
    this.#type = type;
    for (const tensor of integers) this.#dequantized.set(tensor, tensor);
  }

  scale(tensor: string): number {
    return this.#parametersOf(tensor).scale;
  }

  /** The name of the dequantized form of `tensor`; the first time its two nodes are added to `nodes`. */
  dequantized(tensor: string, nodes: NodeProto[]): string {
    const known = this.#dequantized.get(tensor);
    if (known !== undefined) return known;
    const output = this.#editor.fresh(`${tensor}_DequantizeLinear_Output`);
    nodes.push(...this.pair(tensor, tensor, output));
    this.#dequantized.set(tensor, output);
    return output;
  }

  /** Q and DQ from `input` to `output` with the range of `tensor`. */
  pair(tensor: string, input: string, output: string): NodeProto[] {
    const { inputs } = this.#parametersOf(tensor);
    const integers = this.#editor.fresh(`${tensor}_QuantizeLinear_Output`);
    const name = (operator: string) => ({ name: this.#editor.fresh(`${tensor}_${operator}`) });
    return [
      makeNode('QuantizeLinear', [input, ...inputs], [integers], name('QuantizeLinear')),
      makeNode('DequantizeLinear', [integers, ...inputs], [output], name('DequantizeLinear')),
    ];
  }

  #parametersOf(tensor: string): Parameters {
    const known = this.#parameters.get(tensor);
    if (known !== undefined) return known;
    const { scale, zeroPoint } = affineOf(this.#ranges.get(tensor) as Range, this.#type);
    const scales = Float32Array.of(scale);
    const zeroPoints = this.#type === 'uint8' ? Uint8Array.of(zeroPoint) : Int8Array.of(zeroPoint);
    const inputs = [
      this.#editor.add(`${tensor}_scale`, { dataType: 'float32', dims: [], data: scales }),
      this.#editor.add(`${tensor}_zero_point`, { dataType: this.#type, dims: [], data: zeroPoints }),
    ];
    const parameters = { scale, inputs };
    this.#parameters.set(tensor, parameters);
    return parameters;
  }
}
