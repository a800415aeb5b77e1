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
  readonly quantizeBias: boolean;
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
    const bias = biasPerChannel(item, this.#editor);
    const scales = this.#scales(loaded, bias, inputScale);
    const integers = roundWeight({ ...loaded, scales: scales ?? loaded.scales });
    const owner = integers.scales === loaded.scales ? null : node.name;
    const weight = this.#weight(JSON.stringify([loaded.name, loaded.axis, alpha, owner]), integers, nodes);
    const biasName = node.input[2] ?? '';
    const asItIs = { inputs: biasName === '' ? [weight] : [weight, biasName], isBetaDone: biasName === '' };
    if (biasName !== '' && bias === undefined) return asItIs;
    const shift = this.#shift(item, integers);
    if (shift === undefined && (bias === undefined || scales === undefined)) return asItIs;
    const corrected = withoutShift(bias, shift);
    const name = biasName === '' ? `${node.name}_bias` : biasName;
    const input =
      scales === undefined
        ? this.#floatBias(name, corrected)
        : this.#bias(name, quantizeBias(corrected, inputScale, scales), nodes);
    return { inputs: [weight, input], isBetaDone: true };
  }

  /**
   * Scales that leave room for the bias in int32. Undefined where the bias stays float: where that is asked for, and
   * where the scales belong to zero points and so cannot be raised.
   */
  #scales(
    { scales, form }: LoadedWeight,
    bias: Float32Array | undefined,
    inputScale: number,
  ): Float32Array | undefined {
    if (!this.#options.quantizeBias) return undefined;
    if (bias === undefined) return scales;
    const raised = scalesForBias(scales, bias, inputScale);
    return raised === scales || form.isSymmetric ? raised : undefined;
  }

  /** The mean error of the rounded weight; undefined where none is taken back. */
  #shift(item: WeightedNode, integers: RoundedWeight): Float64Array | undefined {
    const means = this.#means.get(item.data);
    return means && this.#options.biasCorrection ? biasShift(item, integers, means) : undefined;
  }

  #weight(key: string, rounded: RoundedWeight, nodes: NodeProto[]): string {
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const { quantized, scale, zeroPoint } = addIntegerWeight(this.#editor, rounded);
    const output = this.#dequantize(rounded.name, [quantized, scale, zeroPoint], rounded.axis, nodes);
    this.#weights.set(key, output);
    return output;
  }

  #floatBias(name: string, data: Float32Array): string {
    return this.#editor.add(`${name}_corrected`, { dataType: 'float32', dims: [data.length], data });
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

/** The bias, zeros where there is none, less the shift. */
function withoutShift(bias: Float32Array | undefined, shift: Float64Array | undefined): Float32Array {
  const channels = bias ?? new Float32Array(shift?.length ?? 0);
  return channels.map((value, channel) => value - (shift?.[channel] ?? 0));
}
