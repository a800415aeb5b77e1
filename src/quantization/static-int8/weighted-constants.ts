/** Weights and biases as integer initializers, each with the DequantizeLinear that gives it back to its node. */
import { floatAttribute } from '../../onnx/attribute.ts';
import { makeNode } from '../../onnx/build.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { Calibration } from '../calibration/ranges.ts';
import {
  addIntegerWeight,
  type LoadedWeight,
  loadWeight,
  type RoundedWeight,
  roundWeight,
  type WeightOptions,
} from '../integer-weights.ts';
import type { WeightedNode } from '../weighted-nodes.ts';
import { biasPerChannel, quantizeBias, scalesForBias } from './bias.ts';
import { biasShift } from './bias-correction.ts';

export interface WeightedConstants {
  /** Inputs of the node from the second on. */
  readonly inputs: readonly string[];
  /** False where the bias is still the float one that `beta` of a Gemm belongs to. */
  readonly isBetaDone: boolean;
}

export interface ConstantOptions extends WeightOptions {
  readonly biasCorrection: boolean;
}

export class ConstantQuantizer {
  readonly #editor: GraphEditor;
  readonly #options: ConstantOptions;
  readonly #means: Calibration['means'];
  /** Weights that several nodes share, by everything that decides their integers. */
  readonly #weights = new Map<string, string>();

  constructor(editor: GraphEditor, options: ConstantOptions, means: Calibration['means']) {
    this.#editor = editor;
    this.#options = options;
    this.#means = means;
  }

  /** @param inputScale scale of the activation of `item` */
  quantize(item: WeightedNode, inputScale: number, nodes: NodeProto[]): WeightedConstants {
    const { node } = item;
    const alpha = item.operator === 'Gemm' ? floatAttribute(node, 'alpha', 1) : 1;
    const loaded = loadWeight(item, this.#options, alpha);
    const biasName = node.input[2] ?? '';
    const bias = this.#integerBias(item, loaded, inputScale);
    const scales = bias === undefined ? loaded.scales : scalesForBias(loaded.scales, bias, inputScale);
    const integers = roundWeight({ ...loaded, scales });
    const owner = scales === loaded.scales ? null : node.name;
    const weight = this.#weight(JSON.stringify([loaded.name, loaded.axis, alpha, owner]), integers, nodes);
    const corrected = biasName === '' || bias !== undefined ? this.#correct(item, bias, integers) : undefined;
    if (corrected === undefined)
      return { inputs: biasName === '' ? [weight] : [weight, biasName], isBetaDone: biasName === '' };
    const name = biasName === '' ? `${node.name}_bias` : biasName;
    return { inputs: [weight, this.#bias(name, quantizeBias(corrected, inputScale, scales), nodes)], isBetaDone: true };
  }

  /** Undefined where the bias stays float: scales that belong to zero points cannot be raised to make room for it. */
  #integerBias(item: WeightedNode, weight: LoadedWeight, inputScale: number): Float32Array | undefined {
    const bias = biasPerChannel(item, this.#editor);
    if (bias === undefined || weight.form.isSymmetric) return bias;
    return scalesForBias(weight.scales, bias, inputScale) === weight.scales ? bias : undefined;
  }

  /** The bias without the mean error of the rounded weight; undefined where there is neither a bias nor a correction. */
  #correct(item: WeightedNode, bias: Float32Array | undefined, integers: RoundedWeight): Float32Array | undefined {
    const means = this.#means.get(item.data);
    const shift = means && this.#options.biasCorrection ? biasShift(item, integers, means) : undefined;
    if (shift === undefined) return bias;
    return Float32Array.from(shift, (value, channel) => (bias?.[channel] ?? 0) - value);
  }

  #weight(key: string, rounded: RoundedWeight, nodes: NodeProto[]): string {
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const { quantized, scale, zeroPoint } = addIntegerWeight(this.#editor, rounded);
    const output = this.#dequantize(rounded.name, [quantized, scale, zeroPoint], rounded.axis, nodes);
    this.#weights.set(key, output);
    return output;
  }

  #bias(name: string, bias: { data: Int32Array; scales: Float32Array }, nodes: NodeProto[]): string {
    const isPerChannel = bias.scales.length > 1;
    const quantized = this.#editor.add(`${name}_quantized`, {
      dataType: 'int32',
      dims: [bias.data.length],
      data: bias.data,
    });
    const scale = this.#editor.add(`${name}_quantized_scale`, {
      dataType: 'float32',
      dims: isPerChannel ? [bias.scales.length] : [],
      data: bias.scales,
    });
    return this.#dequantize(name, [quantized, scale], isPerChannel ? 0 : null, nodes);
  }

  #dequantize(tensor: string, inputs: readonly string[], axis: number | null, nodes: NodeProto[]): string {
    const output = this.#editor.fresh(`${tensor}_DequantizeLinear_Output`);
    const name = this.#editor.fresh(`${tensor}_DequantizeLinear`);
    const attributes = axis === null ? {} : { axis: BigInt(axis) };
    nodes.push(makeNode('DequantizeLinear', inputs, [output], { name, attributes }));
    return output;
  }
}
