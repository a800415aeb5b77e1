/** What a check of a model is: one file in checks/, one line in registry.ts. */
import type { JsonValue } from '../../base/errors.ts';
import type { Severity } from '../../base/findings.ts';
import type { ModelStructure } from '../../onnx/open.ts';
import type { ScanLimits } from '../limits.ts';
import type { RuleId } from '../rules/registry.ts';
import type { ModelVisitor, Place } from './walk.ts';

export interface ModelContext {
  readonly model: ModelStructure;
  readonly limits: ScanLimits;
  /** True when so many bytes may be read still: counts, indices and digests share what the limits give a model. */
  spend(bytes: number): boolean;
  /** Names a file that holds tensor data and may be read: it lies where it should. */
  dataFile(path: string): void;
  report(rule: RuleId, args?: Readonly<Record<string, JsonValue>>, place?: Place, severity?: Severity): void;
}

export interface ModelCheck {
  /** The rules that it may report. */
  readonly rules: readonly RuleId[];
  visit(context: ModelContext): ModelVisitor;
}
