/** Rewrites a model so that it computes the same with less: what quantizers and readers stumble over goes. */
import { NimifyError } from '../../base/errors.ts';
import type { GraphProto, ModelProto } from '../proto.ts';
import { ownGraph } from './graphs.ts';
import { PASSES } from './registry.ts';

export interface CleanUpStep {
  /** Id of the pass. */
  readonly id: string;
  /** What it did, to stand behind the count. */
  readonly did: string;
  readonly count: number;
}

/**
 * Runs every pass over the main graph and its subgraphs; bodies of functions stay as they are. The given model stays
 * unchanged; tensors that no pass touched are shared with it.
 * @returns the new model, and what each pass did that did something
 * @throws NimifyError METHOD_NOT_APPLICABLE for a model with training graphs; MODEL_MALFORMED and FILE_* while reading weights
 */
export function cleanUp<M extends ModelProto & { graph: GraphProto }>(
  model: M,
): { readonly model: M; readonly steps: readonly CleanUpStep[] } {
  if (model.trainingInfo.length > 0) {
    throw new NimifyError(
      'METHOD_NOT_APPLICABLE',
      'The model has training graphs, which name the weights that a clean-up merges and drops.',
      {
        hint: 'Leave --clean-up out, or export the model for inference.',
      },
    );
  }
  const edited = { ...model, graph: ownGraph(model.graph) };
  const steps = PASSES.map(({ id, did, run }) => ({ id, did, count: run(edited) }));
  return { model: edited, steps: steps.filter(({ count }) => count > 0) };
}
