/** QuantizeLinear and DequantizeLinear of activations. */
import { makeNode, makeTensor } from '../../onnx/build.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import { affineOf, type IntegerForm, integerArray, type Range } from '../affine.ts';

interface Parameters {
  readonly scale: number;
  /** Initializers of scale and zero point, as inputs of a Q or DQ node. */
  readonly inputs: readonly string[];
}

export class Activations {
  readonly #editor: GraphEditor;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #form: IntegerForm;
  readonly #parameters = new Map<string, Parameters>();
  readonly #dequantized = new Map<string, string>();

  /** Tensors in `integers` come out of their producer dequantized: nobody has to quantize them again. */
  constructor(
    editor: GraphEditor,
    ranges: ReadonlyMap<string, Range>,
    form: IntegerForm,
    integers: ReadonlySet<string>,
  ) {
    this.#editor = editor;
    this.#ranges = ranges;
    this.#form = form;
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

  /** Gives a tensor that was quantized already another range. */
  setRange(tensor: string, range: Range): void {
    const { inputs } = this.#parametersOf(tensor);
    const values = this.#values(range);
    for (const [index, name] of inputs.entries()) {
      const place = this.#editor.graph.initializer.findIndex((one) => one.name === name);
      this.#editor.graph.initializer[place] = makeTensor(name, values[index] as HostTensor);
    }
  }

  #values(range: Range): [HostTensor, HostTensor] {
    const { scale, zeroPoint } = affineOf(range, this.#form);
    const { type } = this.#form;
    return [
      { dataType: 'float32', dims: [], data: Float32Array.of(scale) },
      { dataType: type, dims: [], data: integerArray(type, [zeroPoint]) },
    ];
  }

  #parametersOf(tensor: string): Parameters {
    const known = this.#parameters.get(tensor);
    if (known !== undefined) return known;
    const range = this.#ranges.get(tensor) as Range;
    const [scale, zeroPoint] = this.#values(range);
    const inputs = [this.#editor.add(`${tensor}_scale`, scale), this.#editor.add(`${tensor}_zero_point`, zeroPoint)];
    const parameters = { scale: affineOf(range, this.#form).scale, inputs };
    this.#parameters.set(tensor, parameters);
    return parameters;
  }
}
