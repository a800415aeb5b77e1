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

/** ONNX Runtime's TensorRT provider builds an engine per instance before the first answer: minutes, not seconds. */
const TENSORRT_BUILD_SECONDS = 300;

/** Time to load and warm up, in whole probe periods. Probes give three times as much before they give up. */
export function startupSeconds(facts: ServiceFacts): number {
  const build = facts.serving.accelerator === 'tensorrt' ? TENSORRT_BUILD_SECONDS * facts.serving.instanceCount : 0;
  const seconds = (measuredStartupSeconds(facts) ?? assumedStartupSeconds(facts)) + build;
  return Math.ceil(seconds / PROBE_PERIOD_SECONDS) * PROBE_PERIOD_SECONDS;
}

/** 25 MiB per second and instance is a slow disk and a cold cache; at least two minutes. */
function assumedStartupSeconds({ model, serving }: ServiceFacts): number {
  return Math.max(120, (model.sizeBytes / (25 * 1024 * 1024)) * serving.instanceCount);
}

/** As measured, plus one run of batch 1 and one of the largest batch to warm up each instance; at least 30 s. */
function measuredStartupSeconds(facts: ServiceFacts): number | null {
  const { measured, serving } = facts;
  if (measured === null || measured.loadMs === null) return null;
  const largest = measured.batches.at(-1);
  const perItemMs = largest === undefined ? 0 : largest.p99Ms / largest.batchSize;
  const warmUpMs = perItemMs * (1 + Math.max(1, batching(facts).maxBatchSize));
  return Math.max(30, (serving.instanceCount * (measured.loadMs + warmUpMs)) / 1000);
}
