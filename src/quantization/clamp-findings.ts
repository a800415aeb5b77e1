/** What the user should know of weights that a narrower type does not hold. */
import { type Finding, finding } from '../base/findings.ts';
import type { HalfType } from '../onnx/half-arrays.ts';
import type { ClampedTensor } from './half-weights.ts';

/** The largest finite value. */
const LIMITS: Readonly<Record<HalfType, number>> = { float16: 65504, bfloat16: 3.3895313892515355e38 };

/**
 * One finding for each tensor with values that are too large, and one for all that have none but values too near to zero:
 * many models have weights of 1e-9 that nothing depends on.
 */
export function clampFindings(clamped: readonly ClampedTensor[], type: HalfType): Finding[] {
  const large = clamped.filter(({ overflow }) => overflow > 0);
  const small = clamped.filter(({ overflow }) => overflow === 0);
  const findings = large.map(({ tensor, overflow, underflow }) =>
    finding('WEIGHT_CLAMPED', { tensor, overflow, underflow, limit: LIMITS[type], type }),
  );
  if (small.length === 0) return findings;
  const tensors = Object.fromEntries(small.map(({ tensor, underflow }) => [tensor, underflow]));
  const values = small.reduce((sum, { underflow }) => sum + underflow, 0);
  return [...findings, finding('WEIGHTS_NEAR_ZERO', { values, count: small.length, tensors, type })];
}
