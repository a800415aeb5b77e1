/**
 * ONNX Runtime turns MatMul and the Add of a constant row into Gemm when it loads a model. Around a MatMul with integer
 * inputs it then finds a float bias that no integer kernel takes, and falls back to float arithmetic. So the two become
 * a Gemm here already, whose bias is quantized too; and where the data is a stack of matrices, the row gets the rank of
 * the data, which keeps ONNX Runtime from merging them.
 */
import { DATA_TYPES } from '../../onnx/data-type.ts';
import { indexGraph } from '../../onnx/graph.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import { inferRanks } from '../calibration/ranks.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import { type WeightedNode, weightedNodes } from '../weighted-nodes.ts';
import type { PreparedModel } from './prepare.ts';

interface BiasedMatMul {
  readonly item: WeightedNode;
  readonly add: NodeProto;
  readonly bias: string;
}

/** Changes nothing unless `operators` holds both MatMul and Gemm, or where the rank of the data is not known. */
export async function mergeMatMulBias(
  prepared: PreparedModel,
  operators: readonly string[],
  { openSession }: QuantizeDeps,
): Promise<void> {
  if (!operators.includes('MatMul') || !operators.includes('Gemm')) return;
  const { proto, editor } = prepared;
  const { graph } = proto;
  const found = biasedMatMuls(prepared);
  const ranks = await inferRanks(
    proto,
    found.map(({ item }) => item.data),
    openSession,
  );
  const merged = new Set<NodeProto>();
  const gone = new Set<string>();
  for (const { item, add, bias } of found) {
    const rank = ranks.get(item.data) ?? 0;
    if (rank > 2) widenRow(add, bias, rank, editor);
    if (rank !== 2) continue;
    gone.add(item.node.output[0] as string);
    merged.add(add);
    Object.assign(item.node, { opType: 'Gemm', input: [...item.node.input, bias], output: [...add.output] });
  }
  graph.node = graph.node.filter((node) => !merged.has(node));
  editor.forgetTypes(gone);
}

function widenRow(add: NodeProto, bias: string, rank: number, editor: GraphEditor): void {
  const { data, dataType } = loadTensor(editor.constant(bias) as TensorProto);
  const dims = [...Array.from({ length: rank - 1 }, () => 1), data.length];
  const wide = editor.add(`${bias}_row`, { dataType, dims, data });
  add.input = add.input.map((name) => (name === bias ? wide : name));
  editor.removeUnused([bias]);
}

function biasedMatMuls({ proto, editor, excluded }: PreparedModel): BiasedMatMul[] {
  const { consumers } = indexGraph(proto.graph);
  return weightedNodes(proto.graph, editor, ['MatMul'], excluded).flatMap((item) => {
    const output = item.node.output[0] as string;
    const [add, ...others] = consumers.get(output) ?? [];
    if (add?.opType !== 'Add' || add.domain || others.length > 0 || editor.isGraphOutput(output)) return [];
    const bias = add.input.find((name) => name !== output) ?? '';
    const isRow = isRowOf(item.weight.dims, bias, editor);
    return isRow && item.weight.dims.length === 2 && !excluded.has(add.name ?? '') ? [{ item, add, bias }] : [];
  });
}

/** True for a constant with one value per column of the weight. */
function isRowOf([, columns]: readonly number[], name: string, editor: GraphEditor): boolean {
  const tensor = editor.constant(name);
  if (tensor?.dataType !== DATA_TYPES.float32.code) return false;
  const { dims } = tensor;
  return dims.at(-1) === columns && (dims.length === 1 || (dims.length === 2 && dims[0] === 1));
}
