/** Which tensors of a graph become integers: decided before calibration, which has to watch exactly these. */
import { DATA_TYPES } from '../../onnx/data-type.ts';
import { indexGraph } from '../../onnx/graph.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import type { WeightedNode } from '../weighted-nodes.ts';

export interface PlannedNode {
  readonly item: WeightedNode;
  /** The tensor behind the node and the activation that it takes in; quantized when `isOutputQuantized`. */
  readonly output: string;
  /** Relu or Clip that the saturation of the integers replaces. */
  readonly absorbed: NodeProto | null;
  readonly isOutputQuantized: boolean;
  /** The tensor behind a Relu or Clip that stays: what it cuts off counts no more for the range of `output`. */
  readonly cutOutput: string | null;
}

export interface Plan {
  readonly nodes: readonly PlannedNode[];
  /** Quantized tensors → the one that is calibrated in their place. */
  readonly sharedRanges: ReadonlyMap<string, string>;
  /** Activations to calibrate, each once, in the order of the graph. */
  readonly tensors: readonly string[];
  /** Outputs of planned nodes that are integers behind their node already. */
  readonly integerOutputs: ReadonlySet<string>;
  /** Those of them that only float operators take, and whose negative side nothing cuts off. */
  readonly floatOutputs: readonly string[];
}

export interface PlanRules {
  /** Names of nodes that stay as they are. */
  readonly excluded: ReadonlySet<string>;
  /** Whether ranges of activations reach as far below 0 as above. */
  readonly isSymmetric: boolean;
  readonly quantizeOutputs: boolean;
}

/**
 * Inputs of the chosen nodes are always quantized, and so are the outputs of Conv, which ONNX Runtime only fuses into
 * an integer kernel that way. MatMul and Gemm have kernels with float output: theirs stays float, and exact, unless
 * another integer node takes it. A Relu is absorbed only where 0 may be the lowest integer, not where ranges are
 * symmetric. Without `quantizeOutputs` all outputs stay float and nothing is absorbed: who takes one quantizes it.
 */
export function planNodes(
  chosen: readonly WeightedNode[],
  editor: GraphEditor,
  { excluded, isSymmetric, quantizeOutputs }: PlanRules,
): Plan {
  const { consumers } = indexGraph(editor.graph);
  const taken = new Set(chosen.map((item) => item.data));
  const nodes = chosen.map((item): PlannedNode => {
    const own = item.node.output[0] as string;
    const [next, ...others] = consumers.get(own) ?? [];
    const isAlone = next !== undefined && others.length === 0 && !editor.isGraphOutput(own);
    const cut = isAlone && !excluded.has(next.name ?? '') && doesSaturate(next, own, editor) ? next : null;
    const absorbed = isSymmetric ? null : cut;
    const output = absorbed?.output[0] ?? own;
    const isOutputQuantized = quantizeOutputs && (hasIntegerOutputOnly(item) || taken.has(output));
    return {
      item,
      output: isOutputQuantized ? output : own,
      absorbed: isOutputQuantized ? absorbed : null,
      isOutputQuantized,
      cutOutput: isOutputQuantized && isSymmetric ? (cut?.output[0] ?? null) : null,
    };
  });
  const integerOutputs = new Set(nodes.filter((node) => node.isOutputQuantized).map((node) => node.output));
  const sharedRanges = new Map(nodes.flatMap(({ output, cutOutput }) => (cutOutput ? [[output, cutOutput]] : [])));
  const tensors = nodes.flatMap(({ item, output, isOutputQuantized }) => [
    item.data,
    ...(isOutputQuantized ? [sharedRanges.get(output) ?? output] : []),
  ]);
  const floatOutputs = nodes
    .filter(({ absorbed, cutOutput }) => absorbed === null && cutOutput === null)
    .filter(({ output }) => integerOutputs.has(output) && !taken.has(output))
    .map(({ output }) => output);
  return { nodes, sharedRanges, tensors: [...new Set(tensors)], integerOutputs, floatOutputs };
}

function hasIntegerOutputOnly(item: WeightedNode): boolean {
  return item.operator === 'Conv' || item.operator === 'ConvTranspose';
}

/**
 * True for an operator that only cuts values off at constant bounds around 0: integers over the range of its output,
 * which always holds 0, cut off there too. The inputs of Clip are those of opset 11 and later.
 */
function doesSaturate(node: NodeProto, data: string, editor: GraphEditor): boolean {
  if (node.domain || node.input[0] !== data) return false;
  if (node.opType === 'Relu') return true;
  if (node.opType !== 'Clip') return false;
  const [min, max] = [node.input[1], node.input[2]].map((name) => bound(name, editor));
  return min !== null && max !== null && (min ?? 0) <= 0 && (max ?? 0) >= 0;
}

/** Undefined without a bound, null where it is computed. */
function bound(name: string | undefined, editor: GraphEditor): number | null | undefined {
  if (!name) return undefined;
  const tensor = editor.constant(name);
  if (tensor?.dataType !== DATA_TYPES.float32.code) return null;
  return Number(loadTensor(tensor).data[0]);
}
