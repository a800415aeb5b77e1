/** Measures a model in the ways that a server could run it, and sets its service up for an objective and a rate. */
import { cpus } from 'node:os';
import { batching } from '../../artifacts/batching.ts';
import type { ServiceFacts } from '../../artifacts/service-facts.ts';
import { type Finding, finding } from '../../base/findings.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import type { PipelineDeps, SizingResult } from '../requests.ts';
import { arithmetic } from './arithmetic.ts';
import { type Curve, measureCurve } from './measure.ts';
import { type Setup, sizing, sizingOptions } from './plan.ts';

/** Largest batch that is tried where no setting names one. */
const LARGEST_BATCH = 64;

export interface SizedService {
  readonly facts: ServiceFacts;
  readonly result: SizingResult;
  readonly findings: readonly Finding[];
}

/** @param facts with the objective in `slo`, and the CPU cores of one server */
export async function sizeService(
  facts: ServiceFacts,
  modelPath: string,
  samples: SampleSet,
  requestsPerSecond: number,
  deps: PipelineDeps,
): Promise<SizedService> {
  const isBatched = batching(facts).blockedBy === null;
  const given = (key: string) => deps.config.given.includes(`service.${key}` as never);
  const maxBatchSize = isBatched ? (given('maxBatchSize') ? facts.serving.maxBatchSize : LARGEST_BATCH) : 0;
  const instances = given('instanceCount') ? [facts.serving.instanceCount] : [1, Math.floor(facts.serving.cpuCores)];
  const feeds = await firstOf(samples);
  const curves = new Map<Setup, Curve>();
  for (const instanceCount of new Set(instances.filter((count) => count >= 1))) {
    const threads = Math.max(1, Math.floor(facts.serving.cpuCores / instanceCount));
    const limitMs = facts.slo.latencyMs;
    const curve = await measureCurve({ modelPath, feeds, maxBatchSize, threads, limitMs }, deps);
    curves.set({ instanceCount, threads, batches: curve.batches }, curve);
  }
  const { latencyMs, availabilityRatio } = facts.slo;
  const request = { latencyMs, availabilityRatio, requestsPerSecond, setups: [...curves.keys()], isBatched };
  const chosen = sizing(request);
  const { option, maxBatchSize: batch, ...serving } = chosen;
  const curve = [...curves.values()].find(({ threads }) => threads === option.threads) as Curve;
  const hardware = hardwareInWords(option.threads);
  return {
    facts: {
      ...facts,
      measured: { hardware, ...curve, batches: [...curve.batches] },
      serving: { ...facts.serving, ...serving, maxBatchSize: batch },
    },
    result: {
      hardware,
      requestsPerSecond,
      options: sizingOptions(request),
      chosen: option,
      arithmetic: arithmetic(request, chosen),
    },
    findings: option.isWithinObjective
      ? []
      : [finding('SLO_NOT_MET', { latencyMs, worstMs: option.worstMs, batchSize: option.batchSize, hardware })],
  };
}

async function firstOf(samples: SampleSet): Promise<Feeds> {
  for await (const feeds of samples.pick([0]).samples()) return feeds;
  throw new RangeError('A service was sized without a sample.');
}

/** Where the figures come from: another machine gives others. */
function hardwareInWords(threads: number): string {
  const [first] = cpus();
  const model = first?.model.replaceAll(/\s+/g, ' ').trim() || 'unknown processor';
  return `${model}, ${cpus().length} cores, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ONNX Runtime in Node`;
}
