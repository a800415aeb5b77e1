/** Old exporters list each initializer as a graph input too, which makes it a default that a caller may replace. */
import type { GraphProto, ModelProto } from '../proto.ts';
import { realInputs } from '../value-info.ts';
import type { Pass } from './pass.ts';

/** The first IR version in which an initializer need not be an input. */
const FREE_INITIALIZERS_IR = 4;

export const initializerInputs: Pass = {
  id: 'initializer-inputs',
  did: 'weights no longer inputs',
  run: (model) => dropInitializerInputs(model),
};

/**
 * Turns such defaults into plain constants: nothing folds or quantizes a weight that may still change.
 * @returns how many inputs are gone
 */
export function dropInitializerInputs(model: ModelProto & { graph: GraphProto }): number {
  const before = model.graph.input.length;
  model.graph.input = realInputs(model.graph);
  model.irVersion = Math.max(model.irVersion ?? 0, FREE_INITIALIZERS_IR);
  return before - model.graph.input.length;
}
