/**
 * MatMul of a matrix followed by Add of a constant row becomes Gemm. ONNX Runtime does the same when it loads a model,
 * but then finds a float bias that no integer kernel takes, and falls back to float arithmetic.
 */
import { DATA_TYPES } from '../../onnx/data-type.ts';
import { indexGraph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { inferRanks } from '../calibration/ranks.ts';
import type { GraphEditor } from '../graph-editor.ts';
import { type WeightedNode, weightedNodes } from '../weighted-nodes.ts';
import type { PreparedModel } from './prepare.ts';

interface BiasedMatMul {
  readonly item: WeightedNode;
  readonly add: NodeProto;
  readonly bias: string;
}

/** Changes nothing unless `operators` holds both MatMul and Gemm, or where the data has not two dims. */
export async function mergeMatMulBias(prepared: PreparedModel, operators: readonly string[]): Promise<void> {
  if (!operators.includes('MatMul') || !operators.includes('Gemm')) return;
  const { proto, editor } = prepared;
  const { graph } = proto;
  const found = biasedMatMuls(prepared);
  const ranks = await inferRanks(
    proto,
    found.map(({ item }) => item.data),
  );
  const merged = new Set<NodeProto>();
  const gone = new Set<string>();
  for (const { item, add, bias } of found) {
    if (ranks.get(item.data) !== 2) continue;
    gone.add(item.node.output[0] as string);
    merged.add(add);
    Object.assign(item.node, { opType: 'Gemm', input: [...item.node.input, bias], output: [...add.output] });
  }
  graph.node = graph.node.filter((node) => !merged.has(node));
  editor.forgetTypes(gone);
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
