/**
 * Bounds of the latency histogram. Triton observes whole milliseconds (integer division), so bounds are integers and
 * the objective has to be one of them: only then a rule can count the requests that met it.
 */
import type { ServiceFacts } from './service-facts.ts';

const COMMON_BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

/** The bound that stands for the objective, in milliseconds. */
export function sloBoundMs(facts: ServiceFacts): number {
  return Math.max(1, Math.ceil(facts.slo.latencyMs));
}

/** Ascending bounds: common ones, the objective, and two beyond it so that percentiles above it mean something. */
export function latencyBoundsMs(facts: ServiceFacts): number[] {
  const bound = sloBoundMs(facts);
  return [...new Set([...COMMON_BOUNDS_MS, bound, 2 * bound, 5 * bound])].sort((a, b) => a - b);
}
