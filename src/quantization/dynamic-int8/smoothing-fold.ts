/** Factors of channels that cost nothing, because the node before can take them into its constants. */
import { DATA_TYPES } from '../../onnx/data-type.ts';
import { capturedNames } from '../../onnx/graph.ts';
import type { GraphScope } from '../../onnx/graph-scopes.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';

/** Operator → inputs that scale with its result: the scale of a normalization, and its bias. */
const SCALED_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['LayerNormalization', [1, 2]],
  ['RMSNormalization', [1]],
  ['SimplifiedLayerNormalization', [1]],
]);

/** @returns false where the producer has no such constants, or where others than `takers` take the tensor too */
export function foldIntoProducer(
  { graph, editor }: GraphScope,
  tensor: string,
  takers: ReadonlySet<NodeProto>,
  inverse: Float32Array,
): boolean {
  const producer = editor.producer(tensor);
  const inputs = SCALED_INPUTS.get(producer?.opType ?? '');
  if (producer === undefined || inputs === undefined || producer.output[0] !== tensor) return false;
  const isShared = graph.node.some(
    (node) => capturedNames(node).includes(tensor) || (node.input.includes(tensor) && !takers.has(node)),
  );
  if (isShared || editor.isGraphOutput(tensor)) return false;
  const present = inputs.filter((index) => (producer.input[index] ?? '') !== '');
  const rows = present.map((index) => editor.constant(producer.input[index] as string));
  if (!rows.every((row) => isRow(row, inverse.length))) return false;
  const replaced = present.map((index) => producer.input[index] as string);
  for (const [at, index] of present.entries()) {
    const { data } = loadTensor(rows[at] as TensorProto);
    const scaled = inverse.map((factor, channel) => factor * (data[channel] as number));
    const row = { dataType: 'float32', dims: [scaled.length], data: scaled } as const;
    producer.input[index] = editor.add(`${replaced[at]}_smoothed`, row);
  }
  editor.removeUnused(replaced);
  return true;
}

function isRow(tensor: TensorProto | undefined, channels: number): boolean {
  return tensor?.dataType === DATA_TYPES.float32.code && tensor.dims.length === 1 && tensor.dims[0] === channels;
}
