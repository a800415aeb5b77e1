/** Rewrites a model so that it computes the same with less: what quantizers and readers stumble over goes. */
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
 * @throws NimifyError MODEL_MALFORMED and FILE_* while reading weights
 */
export function cleanUp<M extends ModelProto & { graph: GraphProto }>(
  model: M,
): { readonly model: M; readonly steps: readonly CleanUpStep[] } {
  const edited = { ...model, graph: ownGraph(model.graph) };
  const steps = PASSES.map(({ id, did, run }) => ({ id, did, count: run(edited) }));
  return { model: edited, steps: steps.filter(({ count }) => count > 0) };
}
