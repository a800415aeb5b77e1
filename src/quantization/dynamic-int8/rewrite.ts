/** MatMul and Gemm as MatMulInteger between a DynamicQuantizeLinear and the scaling of its int32 result. */
import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { makeNode } from '../../onnx/build.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import {
  addIntegerWeight,
  type IntegerWeight,
  loadWeight,
  roundWeight,
  type WeightOptions,
} from '../integer-weights.ts';
import type { WeightedNode } from '../weighted-nodes.ts';
import { transposed } from './transposed.ts';

interface Activation {
  readonly integers: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

export class DynamicRewriter {
  readonly #editor: GraphEditor;
  readonly #options: WeightOptions;
  readonly #activations = new Map<string, Activation>();
  readonly #weights = new Map<string, IntegerWeight>();
  readonly #replacements = new Map<NodeProto, readonly NodeProto[]>();

  constructor(editor: GraphEditor, options: WeightOptions) {
    this.#editor = editor;
    this.#options = options;
  }

  /** Quantizes one node. Nothing moves in the graph before `finish`, and nodes come in the order of the graph. */
  quantize(item: WeightedNode): void {
    const { node } = item;
    const nodes: NodeProto[] = [];
    const data = this.#activation(item.data, nodes);
    const weight = this.#weight(item);
    const [output] = node.output as [string];
    const name = (role: string) => this.#editor.fresh(`${node.name}_${role}`);
    const add = (operator: string, inputs: string[], result: string, attributes = {}) => {
      nodes.push(makeNode(operator, inputs, [result], { name: result, attributes }));
      return result;
    };
    const integers = [data.integers, weight.quantized, data.zeroPoint, weight.zeroPoint];
    const products = add('MatMulInteger', integers, name('output_quantized'));
    const cast = add('Cast', [products], name('output_cast'), { to: BigInt(DATA_TYPES.float32.code) });
    const scale = add('Mul', [data.scale, weight.scale], name('scales_mul'));
    const bias = item.operator === 'Gemm' ? (node.input[2] ?? '') : '';
    const isLast = bias === '';
    const scaled = isLast ? output : name('output_scaled');
    nodes.push(makeNode('Mul', [cast, scale], [scaled], { name: name('output_scale_mul') }));
    if (!isLast) nodes.push(...this.#addition(node, scaled, bias, output));
    this.#replacements.set(node, nodes);
  }

  /** Puts everything in its place and removes what it replaced. */
  finish(): void {
    const { graph } = this.#editor;
    graph.node = graph.node.flatMap((node) => this.#replacements.get(node) ?? [node]);
    this.#editor.removeUnused([...this.#replacements.keys()].map((node) => node.input[1] as string));
  }

  /** All nodes that take an activation share its integers. */
  #activation(tensor: string, nodes: NodeProto[]): Activation {
    const known = this.#activations.get(tensor);
    if (known !== undefined) return known;
    const activation = {
      integers: this.#editor.fresh(`${tensor}_quantized`),
      scale: this.#editor.fresh(`${tensor}_scale`),
      zeroPoint: this.#editor.fresh(`${tensor}_zero_point`),
    };
    const name = this.#editor.fresh(`${tensor}_QuantizeLinear`);
    nodes.push(makeNode('DynamicQuantizeLinear', [tensor], Object.values(activation), { name }));
    this.#activations.set(tensor, activation);
    return activation;
  }

  /** MatMulInteger has neither transB nor alpha: both go into the integers and their scale. */
  #weight(item: WeightedNode): IntegerWeight {
    const isGemm = item.operator === 'Gemm';
    const alpha = isGemm ? floatAttribute(item.node, 'alpha', 1) : 1;
    const isTransposed = isGemm && intAttribute(item.node, 'transB', 0) !== 0;
    const key = JSON.stringify([item.node.input[1], alpha, isTransposed]);
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const loaded = loadWeight(item, this.#options, alpha);
    const weight = addIntegerWeight(this.#editor, roundWeight(isTransposed ? transposed(loaded) : loaded));
    this.#weights.set(key, weight);
    return weight;
  }

  #addition(node: NodeProto, scaled: string, bias: string, output: string): NodeProto[] {
    const beta = floatAttribute(node, 'beta', 1);
    const add = (input: string) =>
      makeNode('Add', [scaled, input], [output], { name: this.#editor.fresh(`${node.name}_bias_add`) });
    if (beta === 1) return [add(bias)];
    const factor = this.#editor.add(`${node.name}_beta`, {
      dataType: 'float32',
      dims: [],
      data: Float32Array.of(beta),
    });
    const product = this.#editor.fresh(`${node.name}_bias`);
    return [makeNode('Mul', [bias, factor], [product], { name: product }), add(product)];
  }
}
