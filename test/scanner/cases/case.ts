/** For each rule a repository that breaks it, and one that comes near and does not. */
import type { ScanLimits } from '../../../src/scanner/limits.ts';
import type { RuleId } from '../../../src/scanner/rules/registry.ts';
import type { Scratch } from '../scratch.ts';

export interface RuleCase {
  readonly rule: RuleId;
  /** What is tried, as the end of "reports …". */
  readonly title: string;
  /** Smaller than the real ones, where a file of the real size would take long to make. */
  readonly limits?: Partial<ScanLimits>;
  breaks(scratch: Scratch): void;
  /** The nearest innocent neighbour. */
  passes(scratch: Scratch): void;
}
