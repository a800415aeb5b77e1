/** What every method does first: check, raise the opset, name nodes, make weights constant. */
import { dropInitializerInputs } from '../../onnx/clean-up/initializer-inputs.ts';
import { nodeNames } from '../../onnx/clean-up/node-names.ts';
import { opsetVersion } from '../../onnx/graph.ts';
import { GraphEditor } from '../../onnx/graph-editor.ts';
import { upgradeOpset } from '../../onnx/opset-upgrade/upgrade.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import { type Needs, notApplicable, obstacle, suitableNodes } from '../applicability.ts';
import { checkExcluded } from '../check-options.ts';
import type { QuantizeInput } from '../quantizer.ts';
import { type ScopedNode, scopedNodes, type WeightedNode } from '../weighted-nodes.ts';

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
  nodeNames.run(input.model.proto);
  const excluded = checkExcluded(input.model.proto.graph, excludeNodes);
  const proto = upgradeOpset(input.model.proto, needs.opset);
  dropInitializerInputs(proto);
  return { proto, editor: new GraphEditor(proto.graph), excluded, opset: opsetVersion(proto) ?? needs.opset };
}

/** @throws NimifyError METHOD_NOT_APPLICABLE when the options leave no node */
export function chosenNodes(prepared: PreparedModel, needs: Needs): WeightedNode[] {
  const { proto, editor, excluded } = prepared;
  return someLeft(suitableNodes(proto.graph, editor, needs, excluded), needs);
}

/**
 * Those of all graphs, for methods that reach into bodies; changes of the graph must be made before.
 * @throws NimifyError METHOD_NOT_APPLICABLE when the options leave no node
 */
export function chosenInAllGraphs({ proto, excluded }: PreparedModel, needs: Needs): ScopedNode[] {
  const nodes = scopedNodes(proto.graph, needs.operators, excluded);
  return someLeft(
    nodes.filter((item) => needs.accepts?.(item) ?? true),
    needs,
  );
}

function someLeft<T>(nodes: T[], needs: Needs): T[] {
  if (nodes.length === 0) throw notApplicable(needs.method, 'excludeNodes and opTypes leave no node to quantize');
  return nodes;
}

/** Operator → how many of `nodes`, sorted by operator. */
export function countByOperator(nodes: readonly WeightedNode[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
