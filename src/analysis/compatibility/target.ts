/** What a target of a model is: one file or folder here, one line in registry.ts. */
import type { Finding } from '../../base/findings.ts';
import type { Bindings } from '../../onnx/bindings.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import type { ModelFacts } from '../check.ts';
import type { Compatibility, Verdict } from './facts.ts';
import type { OperatorUse } from './operator-use.ts';

/** The settings of the service that decide what a target takes. */
export interface ServingPlan {
  readonly tritonTag: string;
  /** GPUs per server; without one Triton runs models on the CPU. */
  readonly gpus: number;
  readonly maxBatchSize: number;
}

export interface TargetContext {
  readonly model: OnnxModel;
  readonly facts: ModelFacts;
  /** What the checks of the model found. */
  readonly checks: readonly Finding[];
  readonly uses: readonly OperatorUse[];
  readonly plan: ServingPlan;
  /** Symbol or `input:axis` → size that the user gave. */
  readonly bind: Bindings;
}

export interface Target {
  readonly id: string;
  /** Reads structure, types and small constants; never loads weights. */
  judge(context: TargetContext): Omit<Compatibility, 'target'>;
}

/**
 * Errors refuse; else some of it is left to others, or not everything is known.
 * @param isPartial something of the model runs elsewhere or slower than it could
 */
export function verdictOf(findings: readonly Finding[], isPartial: boolean, isUnknown: boolean): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'refused';
  if (isPartial) return 'partly';
  return isUnknown ? 'unknown' : 'runs';
}
