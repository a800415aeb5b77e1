/**
 * Merges what only scales and shifts the channels of a convolution into its weight and bias, so that one quantized
 * operator does both: BatchNormalization in inference, and Add or Mul of a constant with one value per channel.
 */
import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { indexGraph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import type { GraphEditor } from '../graph-editor.ts';

/** `y = scale · x + shift` for each channel. */
interface ChannelMap {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

interface ConvParts {
  readonly weight: Float32Array;
  readonly dims: readonly number[];
  readonly bias: Float32Array;
}

type ReadMap = (node: NodeProto, data: string, dims: readonly number[], editor: GraphEditor) => ChannelMap | undefined;

const FOLDABLE: Readonly<Record<string, ReadMap>> = {
  BatchNormalization: (node, _data, [channels = 0], editor) => {
    const isPlain = node.output.slice(1).every((name) => name === '') && intAttribute(node, 'training_mode', 0) === 0;
    const [gamma, beta, mean, variance] = node.input.slice(1).map((name) => floats(name, editor));
    if (!isPlain || !gamma || !beta || !mean || !variance || gamma.length !== channels) return undefined;
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt((variance[c] as number) + epsilon));
    return { scale, shift: scale.map((value, c) => (beta[c] as number) - (mean[c] as number) * value) };
  },
  Add: (node, data, dims, editor) => {
    const shift = perChannel(node, data, dims, editor);
    return shift && { scale: new Float64Array(shift.length).fill(1), shift };
  },
  Mul: (node, data, dims, editor) => {
    const scale = perChannel(node, data, dims, editor);
    return scale && { scale, shift: new Float64Array(scale.length) };
  },
};

/** Folds until nothing is left to fold; nodes named in `excluded` stay as they are. */
export function foldIntoConv(editor: GraphEditor, excluded: ReadonlySet<string>): void {
  const { graph } = editor;
  const { consumers } = indexGraph(graph);
  const replaced: string[] = [];
  const folded = new Set<NodeProto>();
  const gone = new Set<string>();
  for (const conv of graph.node) {
    if (conv.opType !== 'Conv' || conv.domain || excluded.has(conv.name ?? '')) continue;
    for (;;) {
      const output = conv.output[0] as string;
      const [next, ...others] = consumers.get(output) ?? [];
      if (next === undefined || others.length > 0 || editor.isGraphOutput(output)) break;
      if (next.domain || excluded.has(next.name ?? '') || !fold(conv, next, editor, replaced)) break;
      folded.add(next);
      gone.add(output);
    }
  }
  graph.node = graph.node.filter((node) => !folded.has(node));
  editor.forgetTypes(gone);
  editor.removeUnused(replaced);
}

function fold(conv: NodeProto, next: NodeProto, editor: GraphEditor, replaced: string[]): boolean {
  const parts = convParts(conv, editor);
  const map = parts && FOLDABLE[next.opType ?? '']?.(next, conv.output[0] as string, parts.dims, editor);
  if (!parts || !map) return false;
  const { weight, bias } = mapped(parts, map);
  replaced.push(...conv.input.slice(1), ...next.input);
  const [data, weightName] = conv.input as [string, string];
  const newWeight = editor.add(`${weightName}_folded`, { dataType: 'float32', dims: parts.dims, data: weight });
  const newBias = editor.add(`${weightName}_folded_bias`, { dataType: 'float32', dims: [bias.length], data: bias });
  conv.input = [data, newWeight, newBias];
  conv.output = [next.output[0] as string];
  return true;
}

function convParts(conv: NodeProto, editor: GraphEditor): ConvParts | undefined {
  const tensor = editor.constant(conv.input[1] ?? '');
  const weight = floats(conv.input[1] ?? '', editor);
  if (tensor === undefined || weight === undefined || tensor.dims.length < 3) return undefined;
  const bias = conv.input[2] ? floats(conv.input[2], editor) : new Float32Array(tensor.dims[0] as number);
  return bias && { weight, dims: tensor.dims, bias };
}

/** In float64, rounded once at the end. */
function mapped(parts: ConvParts, map: ChannelMap): { weight: Float32Array; bias: Float32Array } {
  const perOutput = parts.weight.length / map.scale.length;
  return {
    weight: parts.weight.map((value, i) => value * (map.scale[Math.floor(i / perOutput)] as number)),
    bias: parts.bias.map((value, c) => value * (map.scale[c] as number) + (map.shift[c] as number)),
  };
}

/** The constant operand of `node` when it has one value, or one for each channel at axis 1 of the output. */
function perChannel(
  node: NodeProto,
  data: string,
  weightDims: readonly number[],
  editor: GraphEditor,
): Float64Array | undefined {
  const other = node.input.find((name) => name !== data) ?? '';
  const tensor = editor.constant(other);
  const values = floats(other, editor);
  if (tensor === undefined || values === undefined || tensor.dims.length > weightDims.length) return undefined;
  const channels = weightDims[0] as number;
  const aligned = [...Array.from(weightDims.slice(tensor.dims.length), () => 1), ...tensor.dims];
  const isOneValue = values.length === 1;
  const isPerChannel = aligned[1] === channels && values.length === channels;
  return isOneValue || isPerChannel
    ? Float64Array.from({ length: channels }, (_, c) => values[isOneValue ? 0 : c] as number)
    : undefined;
}

function floats(name: string, editor: GraphEditor): Float32Array | undefined {
  const tensor = editor.constant(name);
  const data = tensor?.dataType === 1 ? loadTensor(tensor).data : undefined;
  return data instanceof Float32Array ? data : undefined;
}
