/** Why a model is not for int8: questions that its structure answers without reading a weight. */
import { NimifyError } from '../base/errors.ts';
import { type Finding, finding } from '../base/findings.ts';
import { graphsBelow, nodesBelow, opsetVersion } from '../onnx/graph.ts';
import { GraphEditor } from '../onnx/graph-editor.ts';
import type { OnnxModel } from '../onnx/open.ts';
import { upgradeOpset } from '../onnx/opset-upgrade/upgrade.ts';
import type { GraphProto, ModelProto } from '../onnx/proto.ts';
import { scopedNodes, type WeightedNode, weightedNodes } from './weighted-nodes.ts';

const QUANTIZED =
  /^(DequantizeLinear|QuantizeLinear|DynamicQuantizeLinear|DynamicQuantize|QLinear|QGemm|MatMulInteger|ConvInteger|MatMulNBits|GatherBlockQuantized)/;

export interface Needs {
  /** Id in the registry. */
  readonly method: string;
  readonly operators: readonly string[];
  /** The opset that the written operators need. */
  readonly opset: number;
  /** True where the method also reaches into the bodies of If, Loop and Scan. */
  readonly hasBodies?: boolean;
  /** False for nodes of these operators that the method cannot do; absent when it can do all. */
  accepts?(item: WeightedNode): boolean;
}

/** The nodes of the graph that the method would quantize. */
export function suitableNodes(
  graph: GraphProto,
  editor: GraphEditor,
  needs: Needs,
  excluded: ReadonlySet<string> = new Set(),
): WeightedNode[] {
  return weightedNodes(graph, editor, needs.operators, excluded).filter((item) => needs.accepts?.(item) ?? true);
}

function hasSuitable(graph: GraphProto, needs: Needs): boolean {
  if (!needs.hasBodies) return suitableNodes(graph, new GraphEditor(graph), needs).length > 0;
  return scopedNodes(graph, needs.operators).some((item) => needs.accepts?.(item) ?? true);
}

/** A clause that says so of a graph, or of those inside it; undefined for one without integers. */
export function alreadyQuantized(graph: GraphProto): string | undefined {
  for (const node of nodesBelow(graph.node)) {
    if (QUANTIZED.test(node.opType ?? '')) return `the model is quantized already (it has ${node.opType} nodes)`;
  }
  return undefined;
}

/** Undefined when the method applies; else a clause that says why not. */
export function obstacle(model: OnnxModel, needs: Needs): string | undefined {
  const { graph } = model.proto;
  const quantized = alreadyQuantized(graph);
  if (quantized !== undefined) return quantized;
  if (!hasSuitable(graph, needs)) return nothingToDo(graph, needs);
  if (opsetVersion(model.proto) === undefined) return 'the model imports no version of ai.onnx';
  return upgradeObstacle(model.proto, needs.opset);
}

/** A clause that says why the model cannot be written for the opset; undefined where it can. */
export function upgradeObstacle(proto: ModelProto, opset: number): string | undefined {
  try {
    upgradeOpset(proto, opset);
    return undefined;
  } catch (error) {
    if (error instanceof NimifyError && error.code === 'OPSET_UNSUPPORTED') return error.message.replace(/\.$/, '');
    throw error;
  }
}

export function skippedFindings(model: OnnxModel, needs: Needs): readonly Finding[] {
  return skipped(needs.method, obstacle(model, needs));
}

/** @param reason a clause, or undefined when the method applies */
export function skipped(method: string, reason: string | undefined): readonly Finding[] {
  return reason === undefined ? [] : [finding('METHOD_SKIPPED', { method, reason })];
}

export function notApplicable(method: string, reason: string): NimifyError {
  return new NimifyError('METHOD_NOT_APPLICABLE', `${method} does not apply: ${reason}.`, {
    hint: 'Run: nimify analyze MODEL',
    details: { method, reason },
  });
}

function nothingToDo(graph: GraphProto, needs: Needs): string {
  const list = needs.operators.join(', ');
  const inside = [...graphsBelow(graph, [])].slice(1);
  const isInside =
    !needs.hasBodies &&
    inside.some(({ graph: inner }) => inner.node.some((node) => needs.operators.includes(node.opType ?? '')));
  if (isInside) return `its ${list} nodes are in subgraphs (If, Loop, Scan), which stay as they are`;
  return `it has no ${list} node with a constant float32 weight`;
}
