/** What every method does first: check, raise the opset, name nodes, make weights constant. */
import { dropInitializerInputs } from '../../onnx/clean-up/initializer-inputs.ts';
import { nameNodes } from '../../onnx/clean-up/node-names.ts';
import { opsetVersion } from '../../onnx/graph.ts';
import { GraphEditor } from '../../onnx/graph-editor.ts';
import { upgradeOpset } from '../../onnx/opset-upgrade/upgrade.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import { type Needs, notApplicable, obstacle, suitableNodes } from '../applicability.ts';
import { checkExcluded } from '../check-options.ts';
import type { QuantizeInput } from '../quantizer.ts';
import type { WeightedNode } from '../weighted-nodes.ts';

export interface PreparedModel {
  readonly proto: ModelProto & { graph: GraphProto };
  readonly editor: GraphEditor;
  readonly excluded: ReadonlySet<string>;
  readonly opset: number;
}

/** @throws NimifyError METHOD_NOT_APPLICABLE, OPSET_UNSUPPORTED, CONFIG_INVALID */
export function prepareModel(input: QuantizeInput, needs: Needs, excludeNodes: readonly string[]): PreparedModel {
  const reason = obstacle(input.model, needs);
  if (reason !== undefined) throw notApplicable(needs.method, reason);
  // Before anything moves, so that a name tells the place in the file that the user has.
  nameNodes(input.model.proto.graph);
  const excluded = checkExcluded(input.model.proto.graph, excludeNodes);
  const proto = upgradeOpset(input.model.proto, needs.opset);
  dropInitializerInputs(proto);
  return { proto, editor: new GraphEditor(proto.graph), excluded, opset: opsetVersion(proto) ?? needs.opset };
}

/** @throws NimifyError METHOD_NOT_APPLICABLE when the options leave no node */
export function chosenNodes(prepared: PreparedModel, needs: Needs): WeightedNode[] {
  const nodes = suitableNodes(prepared.proto.graph, prepared.editor, needs, prepared.excluded);
  if (nodes.length === 0) throw notApplicable(needs.method, 'excludeNodes and opTypes leave no node to quantize');
  return nodes;
}

/** Operator → how many of `nodes`, sorted by operator. */
export function countByOperator(nodes: readonly WeightedNode[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
