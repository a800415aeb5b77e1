/** Loops that the model itself never ends. */
import { findAttribute } from '../../../onnx/attribute.ts';
import type { GraphProto, NodeProto } from '../../../onnx/proto.ts';
import { Constants } from '../bombs/constants.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import type { Place } from '../walk.ts';

/** At a microsecond each this takes a quarter of an hour. */
const MAX_ITERATIONS = 1_000_000_000;

export const endlessLoops: ModelCheck = {
  rules: ['runtime-endless-loop'],
  visit(context) {
    const constants = new Constants();
    return {
      graph: (graph) => constants.addGraph(graph),
      fn: (fn) => constants.addNodes(fn.node),
      node(node, place) {
        if (node.opType === 'Loop' && !node.domain) checkLoop(context, node, constants, place);
      },
    };
  },
};

/**
 * A Loop ends by its trip count or by the condition that its body computes. Exporters of `while` write the largest int64
 * as count, so a large count alone is normal; it is a trap where the body never changes the condition.
 */
function checkLoop(context: ModelContext, node: NodeProto, constants: Constants, place: Place): void {
  const counts = constants.valuesOf(node.input[0]).map(([first]) => first ?? 0);
  const isUncounted = node.input[0] === undefined || node.input[0] === '';
  const iterations = isUncounted ? Number.POSITIVE_INFINITY : Math.max(0, ...counts);
  const body = findAttribute(node, 'body')?.g;
  if (iterations <= MAX_ITERATIONS || body === undefined || !keepsCondition(body, constants)) return;
  const shown = Number.isFinite(iterations) ? iterations : 'endlessly many';
  context.report('runtime-endless-loop', { node: node.name || 'Loop', iterations: shown }, place);
}

/** True when the condition that comes out of the body is the one that went in, or a constant. */
function keepsCondition(body: GraphProto, constants: Constants): boolean {
  const [into, out] = [body.input[1]?.name, body.output[0]?.name];
  const makers = new Map(body.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  let name = out;
  for (let steps = 0; steps < body.node.length; steps += 1) {
    const maker = makers.get(name ?? '');
    if (maker?.opType !== 'Identity') break;
    name = maker.input[0];
  }
  return name !== undefined && (name === into || constants.valuesOf(name).length > 0);
}
