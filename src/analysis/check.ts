/** What a check of a model is: one file in checks/, one line in registry.ts. */
import type { Finding } from '../base/findings.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { Analysis } from './facts.ts';

export type ModelFacts = Omit<Analysis, 'findings' | 'compatibility'>;

interface CheckContext {
  readonly model: OnnxModel;
  readonly facts: ModelFacts;
}

export interface Check {
  readonly id: string;
  /** Reads structure and facts; never loads weights and never runs the model. */
  run(context: CheckContext): Finding[];
}
