/**
 * Merges what only scales and shifts the channels of a layer into its weight and bias: BatchNormalization in inference,
 * and Add or Mul of a constant with one value per channel.
 */
import { floatAttribute, intAttribute } from '../attribute.ts';
import { indexGraph } from '../graph.ts';
import type { GraphEditor } from '../graph-editor.ts';
import type { NodeProto } from '../proto.ts';
import { floatConstant, type Layer, readLayer, withPlainBias } from './layers.ts';

/** `y = scale · x + shift` for each channel. */
interface ChannelMap {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

type ReadMap = (node: NodeProto, data: string, layer: Layer, editor: GraphEditor) => ChannelMap | undefined;

const FOLDABLE: Readonly<Record<string, ReadMap>> = {
  BatchNormalization: (node, _data, { channels }, editor) => {
    const isPlain = node.output.slice(1).every((name) => name === '') && intAttribute(node, 'training_mode', 0) === 0;
    const [gamma, beta, mean, variance] = node.input.slice(1).map((name) => floatConstant(name, editor));
    if (!isPlain || !gamma || !beta || !mean || !variance) return undefined;
    if ([gamma, beta, mean, variance].some(({ length }) => length !== channels)) return undefined;
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt((variance[c] as number) + epsilon));
    return { scale, shift: scale.map((value, c) => (beta[c] as number) - (mean[c] as number) * value) };
  },
  Add: (node, data, layer, editor) => {
    const shift = perChannel(node, data, layer, editor);
    return shift && { scale: new Float64Array(shift.length).fill(1), shift };
  },
  Mul: (node, data, layer, editor) => {
    const scale = perChannel(node, data, layer, editor);
    return scale && { scale, shift: new Float64Array(scale.length) };
  },
};

export interface FoldOptions {
  /** Layers that take something in: of Conv, ConvTranspose and Gemm. */
  readonly layers: readonly string[];
  /** What is folded: of BatchNormalization, Add and Mul. */
  readonly operators: readonly string[];
  /** Nodes that stay as they are, by name. */
  readonly excluded?: ReadonlySet<string>;
}

/**
 * Folds until nothing is left to fold.
 * @returns how many nodes are gone
 */
export function foldChannels(editor: GraphEditor, { layers, operators, excluded }: FoldOptions): number {
  const { graph } = editor;
  const { consumers } = indexGraph(graph);
  const mayChange = (node: NodeProto, among: readonly string[]): boolean =>
    among.includes(node.opType ?? '') && !node.domain && !excluded?.has(node.name ?? '');
  const replaced: string[] = [];
  const folded = new Set<NodeProto>();
  const gone = new Set<string>();
  for (const layer of graph.node.filter((node) => mayChange(node, layers))) {
    for (;;) {
      const output = layer.output[0] as string;
      const [next, ...others] = consumers.get(output) ?? [];
      if (next === undefined || others.length > 0 || editor.isGraphOutput(output)) break;
      if (!mayChange(next, operators) || !fold(layer, next, editor, replaced)) break;
      folded.add(next);
      gone.add(output);
    }
  }
  graph.node = graph.node.filter((node) => !folded.has(node));
  editor.forgetTypes(gone);
  editor.removeUnused(replaced);
  return folded.size;
}

function fold(node: NodeProto, next: NodeProto, editor: GraphEditor, replaced: string[]): boolean {
  const layer = readLayer(node, editor);
  const map = layer && FOLDABLE[next.opType ?? '']?.(next, node.output[0] as string, layer, editor);
  if (!layer || !map) return false;
  const { weight, bias } = mapped(layer, map);
  replaced.push(...node.input.slice(1), ...next.input);
  const [data, weightName] = node.input as [string, string];
  const newWeight = editor.add(`${weightName}_folded`, { dataType: 'float32', dims: layer.dims, data: weight });
  const newBias = editor.add(`${weightName}_folded_bias`, { dataType: 'float32', dims: [bias.length], data: bias });
  node.input = [data, newWeight, newBias];
  node.output = [next.output[0] as string];
  node.attribute = withPlainBias(node);
  return true;
}

/** In float64, rounded once at the end. */
function mapped(layer: Layer, map: ChannelMap): { weight: Float32Array; bias: Float32Array } {
  return {
    weight: layer.weight.map((value, i) => value * (map.scale[layer.channelOf(i)] as number)),
    bias: layer.bias.map((value, c) => value * (map.scale[c] as number) + (map.shift[c] as number)),
  };
}

/** The constant operand of `node` when it has one value, or one for each channel at axis 1 of the output. */
function perChannel(node: NodeProto, data: string, layer: Layer, editor: GraphEditor): Float64Array | undefined {
  const other = node.input.find((name) => name !== data) ?? '';
  const tensor = editor.constant(other);
  const values = floatConstant(other, editor);
  const rank = layer.dims.length;
  if (tensor === undefined || values === undefined || tensor.dims.length > rank) return undefined;
  const { channels } = layer;
  const aligned = [...Array.from(layer.dims.slice(tensor.dims.length), () => 1), ...tensor.dims];
  const isOneValue = values.length === 1;
  const isPerChannel = aligned[1] === channels && values.length === channels;
  return isOneValue || isPerChannel
    ? Float64Array.from({ length: channels }, (_, c) => values[isOneValue ? 0 : c] as number)
    : undefined;
}
