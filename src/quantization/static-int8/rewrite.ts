/** Puts QuantizeLinear and DequantizeLinear around the planned nodes, where ONNX Runtime expects them for its fusions. */
import { floatAttribute, intAttribute, withAttributes } from '../../onnx/attribute.ts';
import { makeNode } from '../../onnx/build.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import { type Affine, affineOf, type Range } from '../affine.ts';
import type { GraphEditor } from '../graph-editor.ts';
import { addIntegerWeight, type IntegerWeight, loadWeight } from '../integer-weights.ts';
import { quantizeBias, scalesForBias } from './bias.ts';
import type { StaticInt8Options } from './options.ts';
import type { Plan, PlannedNode } from './plan.ts';

/** Scale, and names of the initializers that hold it and the zero point. */
interface Activation extends Affine {
  readonly inputs: readonly [scale: string, zeroPoint: string];
}

export class StaticRewriter {
  readonly #editor: GraphEditor;
  readonly #plan: Plan;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #options: StaticInt8Options;
  readonly #activations = new Map<string, Activation>();
  readonly #weights = new Map<string, IntegerWeight & { readonly output: string }>();
  /** Activation → its dequantized copy. */
  readonly #inputs = new Map<string, string>();
  /** New nodes, by the node that they stand before or behind. */
  readonly #before = new Map<NodeProto, NodeProto[]>();
  readonly #behind = new Map<NodeProto, NodeProto[]>();
  readonly #replaced = new Map<NodeProto, NodeProto>();
  readonly #unused: string[] = [];
  readonly #gone = new Set<string>();

  constructor(editor: GraphEditor, plan: Plan, ranges: ReadonlyMap<string, Range>, options: StaticInt8Options) {
    this.#editor = editor;
    this.#plan = plan;
    this.#ranges = ranges;
    this.#options = options;
  }

  /** Quantizes one planned node; nothing moves in the graph before `finish`. */
  quantize(planned: PlannedNode): void {
    const { node, data } = planned.item;
    const before: NodeProto[] = [];
    this.#before.set(node, before);
    const input = [this.#input(data, before), ...this.#constants(planned, before)];
    const output = planned.isOutputQuantized ? [this.#output(planned)] : node.output;
    const plain = planned.item.operator === 'Gemm' ? withAttributes(node, ['alpha', 'beta']) : node;
    this.#replaced.set(node, { ...plain, input, output });
    this.#unused.push(...node.input.slice(1));
  }

  /** Puts everything in its place and removes what it replaced. */
  finish(): void {
    const { graph } = this.#editor;
    const absorbed = new Set(this.#plan.nodes.map((planned) => planned.absorbed));
    for (const planned of this.#plan.nodes) {
      if (planned.absorbed) this.#unused.push(...planned.absorbed.input.slice(1));
    }
    graph.node = graph.node.flatMap((node) =>
      absorbed.has(node)
        ? []
        : [...(this.#before.get(node) ?? []), this.#replaced.get(node) ?? node, ...(this.#behind.get(node) ?? [])],
    );
    this.#editor.forgetTypes(this.#gone);
    this.#editor.removeUnused(this.#unused);
  }

  /** The dequantized form of an activation; made at the first node that takes it, unless its producer made it. */
  #input(tensor: string, before: NodeProto[]): string {
    if (this.#plan.quantizedOutputs.has(tensor)) return tensor;
    const known = this.#inputs.get(tensor);
    if (known !== undefined) return known;
    const output = this.#editor.fresh(`${tensor}_DequantizeLinear_Output`);
    before.push(...this.#pair(tensor, tensor, output));
    this.#inputs.set(tensor, output);
    return output;
  }

  /** Renames what the node makes, so that the dequantized tensor has the name that everybody else knows. */
  #output(planned: PlannedNode): string {
    const { node } = planned.item;
    const raw = this.#editor.fresh(`${planned.output}_QuantizeLinear_Input`);
    this.#behind.set(node, this.#pair(planned.output, raw, planned.output));
    if (planned.absorbed !== null) this.#gone.add(node.output[0] as string);
    return raw;
  }

  #pair(tensor: string, input: string, output: string): NodeProto[] {
    const { inputs } = this.#activation(tensor);
    const quantized = this.#editor.fresh(`${tensor}_QuantizeLinear_Output`);
    const name = (operator: string) => ({ name: this.#editor.fresh(`${tensor}_${operator}`) });
    return [
      makeNode('QuantizeLinear', [input, ...inputs], [quantized], name('QuantizeLinear')),
      makeNode('DequantizeLinear', [quantized, ...inputs], [output], name('DequantizeLinear')),
    ];
  }

  #activation(tensor: string): Activation {
    const known = this.#activations.get(tensor);
    if (known !== undefined) return known;
    const type = this.#options.activationType;
    const affine = affineOf(this.#ranges.get(tensor) as Range, type);
    const zeroPoint = type === 'uint8' ? Uint8Array.of(affine.zeroPoint) : Int8Array.of(affine.zeroPoint);
    const scale = this.#editor.add(`${tensor}_scale`, { dataType: 'float32', dims: [], data: Float32Array.of(affine.scale) });
    const activation: Activation = {
      ...affine,
      inputs: [scale, this.#editor.add(`${tensor}_zero_point`, { dataType: type, dims: [], data: zeroPoint })],
    };
    this.#activations.set(tensor, activation);
    return activation;
  }

  /** Weight, and bias where there is one, as the inputs of the node. */
  #constants(planned: PlannedNode, before: NodeProto[]): string[] {
    const { item } = planned;
    const { node, operator } = item;
    const inputScale = this.#activation(item.data).scale;
    const alpha = operator === 'Gemm' ? floatAttribute(node, 'alpha', 1) : 1;
    const loaded = loadWeight(item, this.#options, alpha);
    const bias = node.input[2] ? this.#bias(item) : undefined;
    const group = operator === 'ConvTranspose' ? intAttribute(node, 'group', 1) : 1;
    const channelOf = (i: number) => (loaded.scales.length === 1 ? 0 : i % (loaded.scales.length || group));
    const scales = bias ? scalesForBias(loaded.scales, bias, inputScale, channelOf) : loaded.scales;
    const own = scales === loaded.scales ? '' : item.node.name;
    const key = JSON.stringify([loaded.name, loaded.axis, alpha, own]);
    const weight = this.#weight(key, { ...loaded, scales }, before);
    if (bias === undefined) return node.input[2] ? [weight.output, this.#floatBias(item, before)] : [weight.output];
    const integers = quantizeBias(bias, inputScale, weight.scales, channelOf);
    return [weight.output, this.#biasNode(node.input[2] as string, integers, before)];
  }
}
