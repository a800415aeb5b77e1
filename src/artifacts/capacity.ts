/** Figures that several artifacts share, derived from the facts. */
import { batching } from './batching.ts';
import type { ServiceFacts } from './service-facts.ts';

/** Seconds that Triton waits for requests in flight after SIGTERM. */
export const EXIT_TIMEOUT_SECONDS = 30;
/** Seconds between "terminating" and SIGTERM, in which load balancers learn that the pod goes away. */
export const PRE_STOP_SECONDS = 10;
/** Longer than both together: the kill must not come first. */
export const GRACE_SECONDS = PRE_STOP_SECONDS + EXIT_TIMEOUT_SECONDS + 10;
/** /dev/shm; the ONNX Runtime backend needs little of it. */
export const SHARED_MEMORY_MIB = 64;
export const PROBE_PERIOD_SECONDS = 10;

/**
 * Requests that may wait in one server. With batching Triton refuses more of them (503); without, nothing in Triton
 * does and the figure is only the level at which an alert says so.
 */
export function queueLimit(facts: ServiceFacts): number {
  return (
    facts.serving.maxQueueSize ??
    Math.max(64, 8 * facts.serving.instanceCount * Math.max(1, batching(facts).maxBatchSize))
  );
}

/** Threads of one instance: the instances share the CPU limit, more threads only throttle each other. */
export function threadsPerInstance(facts: ServiceFacts): number {
  return Math.max(1, Math.floor(facts.serving.cpuCores / facts.serving.instanceCount));
}

/** Time to load: 25 MiB per second and instance is a slow disk and a cold cache; at least two minutes. */
export function startupSeconds(facts: ServiceFacts): number {
  const load = (facts.model.sizeBytes / (25 * 1024 * 1024)) * facts.serving.instanceCount;
  return Math.max(120, Math.ceil(load / PROBE_PERIOD_SECONDS) * PROBE_PERIOD_SECONDS);
}
