/** Judges a model for every target. */
import type { Finding } from '../../base/findings.ts';
import type { Bindings } from '../../onnx/bindings.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import type { ModelFacts } from '../check.ts';
import type { Compatibility } from './facts.ts';
import { operatorUses } from './operator-use.ts';
import { TARGETS } from './registry.ts';
import type { ServingPlan } from './target.ts';

export interface CompatibilityOptions {
  readonly plan: ServingPlan;
  /** Symbol or `input:axis` → size that the user gave. */
  readonly bind: Bindings;
}

/** @param checks what the checks of the model found */
export function compatibilityOf(
  model: OnnxModel,
  facts: ModelFacts,
  checks: readonly Finding[],
  { plan, bind }: CompatibilityOptions,
): Compatibility[] {
  const uses = operatorUses(model.proto, { main: facts.shapes, subgraphs: facts.subgraphShapes });
  const context = { model, facts, checks, uses, plan, bind };
  const judged = TARGETS.map((target) => ({ target: target.id, ...target.judge(context) }));
  if (checks.some(({ code }) => code === 'GRAPH_BROKEN')) return judged.map((one) => ({ ...one, verdict: 'refused' }));
  // What ONNX Runtime has refused to infer may still load as a whole, but nobody should count on it.
  const isDoubtful = checks.some(({ code }) => code === 'SHAPES_NOT_INFERRED');
  return judged.map((one) => (isDoubtful && one.verdict === 'runs' ? { ...one, verdict: 'unknown' } : one));
}
