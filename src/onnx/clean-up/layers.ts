/** Layers that end in a weighted sum per output channel, so that a scale and a shift of the channels can move into them. */
import { findAttribute, floatAttribute, intAttribute, withAttributes } from '../attribute.ts';
import { makeAttribute } from '../build.ts';
import type { GraphEditor } from '../graph-editor.ts';
import type { NodeProto } from '../proto.ts';
import { loadTensor } from '../tensor.ts';

/** A float32 weight in memory, and how its values belong to output channels. */
export interface Layer {
  readonly weight: Float32Array;
  readonly dims: readonly number[];
  readonly channels: number;
  /** What is added to each output channel before the fold. */
  readonly bias: Float32Array;
  /** The output channel that the value at a flat index of the weight adds to. */
  channelOf(index: number): number;
}

type ReadLayer = (node: NodeProto, editor: GraphEditor) => Layer | undefined;

/** Spec: Operators.md of ONNX, Conv (W: M × C/group × k…), ConvTranspose (W: C × M/group × k…), Gemm (B: K × N). */
const LAYERS: Readonly<Record<string, ReadLayer>> = { Conv: conv, ConvTranspose: convTranspose, Gemm: gemm };

/** Undefined for other operators and where weight or bias are computed, shaped otherwise, or not float32. */
export function readLayer(node: NodeProto, editor: GraphEditor): Layer | undefined {
  if (node.domain && node.domain !== 'ai.onnx') return undefined;
  const { opType = '' } = node;
  return Object.hasOwn(LAYERS, opType) ? LAYERS[opType]?.(node, editor) : undefined;
}

/** Gemm's beta is in its bias from now on. */
export function withPlainBias(node: NodeProto): NodeProto['attribute'] {
  if (findAttribute(node, 'beta') === undefined) return node.attribute;
  return withAttributes(node, ['beta'], [makeAttribute('beta', 1)]).attribute;
}

/** The values of a float32 constant. */
export function floatConstant(name: string, editor: GraphEditor): Float32Array | undefined {
  const tensor = editor.constant(name);
  const data = tensor?.dataType === 1 ? loadTensor(tensor).data : undefined;
  return data instanceof Float32Array ? data : undefined;
}

function weightOf(node: NodeProto, editor: GraphEditor): Pick<Layer, 'weight' | 'dims'> | undefined {
  const name = node.input[1] ?? '';
  const weight = floatConstant(name, editor);
  const dims = editor.constant(name)?.dims;
  return weight && dims ? { weight, dims } : undefined;
}

/** `channels` values; zeros where there is no bias, one value repeated where it has one. */
function biasOf(node: NodeProto, channels: number, editor: GraphEditor): Float32Array | undefined {
  if (!node.input[2]) return new Float32Array(channels);
  const values = floatConstant(node.input[2], editor);
  const isRow = values?.length === channels && (editor.constant(node.input[2])?.dims.at(-1) ?? 0) === channels;
  return isRow ? values : undefined;
}

function conv(node: NodeProto, editor: GraphEditor): Layer | undefined {
  const parts = weightOf(node, editor);
  if (parts === undefined || parts.dims.length < 3) return undefined;
  const [channels = 0] = parts.dims;
  const perChannel = parts.weight.length / channels;
  const bias = biasOf(node, channels, editor);
  return bias && { ...parts, channels, bias, channelOf: (index) => Math.floor(index / perChannel) };
}

function convTranspose(node: NodeProto, editor: GraphEditor): Layer | undefined {
  const parts = weightOf(node, editor);
  if (parts === undefined || parts.dims.length < 3) return undefined;
  const [inputs = 0, perGroup = 0] = parts.dims;
  const groups = intAttribute(node, 'group', 1);
  const kernel = parts.weight.length / (inputs * perGroup);
  const channels = perGroup * groups;
  const bias = biasOf(node, channels, editor);
  const channelOf = (index: number): number => {
    const input = Math.floor(index / (perGroup * kernel));
    return Math.floor((input * groups) / inputs) * perGroup + (Math.floor(index / kernel) % perGroup);
  };
  return bias && { ...parts, channels, bias, channelOf };
}

function gemm(node: NodeProto, editor: GraphEditor): Layer | undefined {
  const parts = weightOf(node, editor);
  if (parts === undefined || parts.dims.length !== 2) return undefined;
  const isTransposed = intAttribute(node, 'transB', 0) === 1;
  const columns = parts.dims[1] as number;
  const channels = (isTransposed ? parts.dims[0] : columns) as number;
  const beta = floatAttribute(node, 'beta', 1);
  const bias = biasOf(node, channels, editor)?.map((value) => value * beta);
  return bias && { ...parts, channels, bias, channelOf: (i) => (isTransposed ? Math.floor(i / columns) : i % columns) };
}
