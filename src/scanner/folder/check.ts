/** What a check of a file is: one file in checks/, one line in registry.ts. */
import type { JsonValue } from '../../base/errors.ts';
import type { Severity } from '../../base/findings.ts';
import type { ScanLimits } from '../limits.ts';
import type { PickleBudget } from '../pickle/walk-pickle.ts';
import type { RuleId } from '../rules/registry.ts';
import type { ByteSource } from '../source.ts';
import type { FileType } from './signatures.ts';

interface FileBudget extends PickleBudget {
  inflatedBytes: number;
}

export interface FileContext {
  /** Relative to what is scanned, with forward slashes. */
  readonly file: string;
  readonly type: FileType;
  readonly source: ByteSource;
  readonly limits: ScanLimits;
  /** What is left for this file; counted down by whoever spends it. */
  readonly budget: FileBudget;
  report(rule: RuleId, args?: Readonly<Record<string, JsonValue>>, where?: string, severity?: Severity): void;
}

export interface FileCheck {
  /** The rules that it may report. */
  readonly rules: readonly RuleId[];
  run(context: FileContext): void;
}
