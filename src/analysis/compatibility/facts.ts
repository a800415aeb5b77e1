/** Whether a target takes the model: one entry per target, in the JSON form of `nimify analyze`. */
import type { Finding } from '../../base/findings.ts';

/**
 * - `runs`: the target takes the whole model
 * - `partly`: it takes the model, and leaves nodes of it to another device or to a slower way
 * - `refused`: it does not load the model
 * - `unknown`: nothing speaks against it, but not all that decides is known
 */
export type Verdict = 'runs' | 'partly' | 'refused' | 'unknown';

export interface Compatibility {
  /** `cpu`, `cuda`, `tensorrt`, `triton` or `openvino`. */
  readonly target: string;
  /** Which release the tables speak of, such as `TensorRT 10.15` or `Triton 26.07`. */
  readonly version: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}
