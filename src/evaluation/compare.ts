/** Measures a candidate against its original: nearness of outputs, accuracy, latency and size. */
import type { Clock } from '../base/clock.ts';
import { NimifyError } from '../base/errors.ts';
import type { ReportProgress } from '../base/events.ts';
import { type Finding, finding } from '../base/findings.ts';
import { openModel, totalBytes } from '../onnx/open.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Feeds, SampleSet, Sequence } from '../runtime/feeds.ts';
import { type OpenSession, openSession, type RuntimeSession } from '../runtime/session.ts';
import { indicesOf, stretchesOf } from '../runtime/stretches.ts';
import { accuracyCounter } from './accuracy.ts';
import { comparableOutputs } from './compatibility.ts';
import type { Evaluation, OutputComparison } from './evaluation.ts';
import { measureLatency } from './latency.ts';
import { outputAccumulator, overallSqnrDb } from './output-accumulator.ts';
import { ownState } from './own-state.ts';

export interface CompareOptions {
  /** Threads of ONNX Runtime inside one operator. */
  readonly threads: number;
  /** Paired runs for latency. */
  readonly latencyRuns: number;
  readonly maxSamples: number;
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
  readonly clock: Clock;
  /** How both models are opened; in this process when absent. Runs in another one take the transport on top. */
  readonly openSession?: OpenSession;
}

export interface Comparison {
  readonly evaluation: Evaluation;
  /** DATA_RANDOM or DATA_FEW_SAMPLES, OUTPUT_NOT_FINITE, OUTPUT_SHAPE_DIFFERS. */
  readonly findings: readonly Finding[];
}

/** Below this many samples a figure is an anecdote. */
const ENOUGH_SAMPLES = 8;

/** Latency runs on this many different samples, which stay in memory. */
const LATENCY_SAMPLES = 4;

/**
 * Runs both models on the same samples, in this process.
 * @throws NimifyError OUTPUTS_DIFFER, RUNTIME_*, MODEL_*, DATA_*; or the abort reason of the signal
 */
export async function compare(
  original: { readonly path: string },
  candidate: { readonly path: string },
  samples: SampleSet,
  options: CompareOptions,
): Promise<Comparison> {
  if (samples.count === 0) throw new NimifyError('DATA_EMPTY', `There is no sample in ${samples.origin}.`);
  const size = sizes(totalBytes(openModel(original.path)), totalBytes(openModel(candidate.path)));
  const open = options.openSession ?? openSession;
  const first = await open(original.path, { threads: options.threads });
  try {
    const second = await open(candidate.path, { threads: options.threads });
    try {
      const chosen = evenly(samples, options.maxSamples);
      const run = await walk(first, second, chosen, options);
      const latency = await latencyOf(first, second, run.kept, options);
      const { outputs, overallSqnrDb } = run;
      const evaluation = { outputs, overallSqnrDb, latency, size, samples: chosen.count, ...rest(chosen, run) };
      return { evaluation, findings: findingsOf(evaluation) };
    } finally {
      await second.release();
    }
  } finally {
    await first.release();
  }
}

/** Spread over the whole set: files are often sorted by class. Of recordings whole stretches are taken. */
function evenly(samples: SampleSet, most: number): SampleSet {
  if (samples.count <= most) return samples;
  if (samples.sequences === undefined) return samples.pick(spread(samples.count, most));
  const stretches = stretchesOf(samples.sequences);
  const wanted = Math.min(stretches.length, Math.ceil(most / (stretches[0]?.count ?? 1)));
  const chosen = spread(stretches.length, wanted).flatMap((index) => indicesOf(stretches[index] as Sequence));
  return samples.pick(chosen.slice(0, most));
}

function spread(count: number, most: number): number[] {
  return Array.from({ length: most }, (_, index) => Math.floor((index * count) / most));
}

interface Walk {
  readonly outputs: readonly OutputComparison[];
  readonly overallSqnrDb: number | null;
  readonly accuracy: Evaluation['accuracy'];
  readonly kept: readonly Feeds[];
}

async function walk(
  original: RuntimeSession,
  candidate: RuntimeSession,
  samples: SampleSet,
  options: CompareOptions,
): Promise<Walk> {
  const outputs = comparableOutputs(original, candidate);
  const names = outputs.map(({ name }) => name);
  const accumulators = outputs.map((output) => outputAccumulator(output.name, typeOf(output)));
  const accuracy = accuracyCounter(outputs);
  const states = { original: ownState(samples), candidate: ownState(samples) };
  const kept: Feeds[] = [];
  let count = 0;
  for await (const feeds of samples.samples()) {
    options.signal.throwIfAborted();
    const expected = await original.run(states.original.feed(count, feeds), names);
    const found = await candidate.run(states.candidate.feed(count, feeds), names);
    states.original.keep(expected);
    states.candidate.keep(found);
    for (const [index, name] of names.entries()) accumulators[index]?.add(tensor(expected, name), tensor(found, name));
    accuracy.add(samples.labels?.[count], expected, found);
    if (kept.length < LATENCY_SAMPLES) kept.push(feeds);
    count += 1;
    options.report(count, samples.count, 'samples');
  }
  const isState = (name: string) => samples.carries?.some(({ output }) => output === name) ?? false;
  const compared = accumulators.map((one) => one.result());
  return {
    outputs: compared.map((output) => (isState(output.name) ? { ...output, isState: true } : output)),
    overallSqnrDb: overallSqnrDb(
      accumulators.filter((_, index) => !isState(names[index] as string)).map((one) => one.energy()),
    ),
    accuracy: accuracy.result(),
    kept,
  };
}

function latencyOf(
  original: RuntimeSession,
  candidate: RuntimeSession,
  kept: readonly Feeds[],
  options: CompareOptions,
): Promise<Evaluation['latency']> {
  const { latencyRuns, threads, clock, signal, report } = options;
  const onPair = (done: number) => report(done, latencyRuns, 'runs');
  return measureLatency(original, candidate, kept, { runs: latencyRuns, threads, clock, signal, onPair });
}

/** `comparableOutputs` has left out what is no tensor. */
function typeOf(output: TensorInfo): NonNullable<TensorInfo['dataType']> {
  return output.dataType as NonNullable<TensorInfo['dataType']>;
}

function tensor<T>(outputs: Readonly<Record<string, T>>, name: string): T {
  return outputs[name] as T;
}

function sizes(originalBytes: number, candidateBytes: number): Evaluation['size'] {
  return { originalBytes, candidateBytes, ratio: candidateBytes / originalBytes };
}

function rest(samples: SampleSet, run: Walk): Pick<Evaluation, 'data' | 'accuracy'> {
  const { origin, digest, isRandom, preparation } = samples;
  return { data: { origin, digest, isRandom, preparation }, accuracy: run.accuracy };
}

function findingsOf({ outputs, samples, data }: Evaluation): Finding[] {
  const doubts = data.isRandom
    ? [finding('DATA_RANDOM', { samples })]
    : samples < ENOUGH_SAMPLES
      ? [finding('DATA_FEW_SAMPLES', { samples, enough: ENOUGH_SAMPLES })]
      : [];
  const broken = outputs
    .filter(({ notFinite }) => notFinite > 0)
    .map(({ name, notFinite }) => finding('OUTPUT_NOT_FINITE', { output: name, values: notFinite }, name));
  const ragged = outputs
    .filter(({ shapeDiffers }) => shapeDiffers !== undefined)
    .map(({ name, shapeDiffers }) =>
      finding('OUTPUT_SHAPE_DIFFERS', { output: name, differing: shapeDiffers ?? 0, samples }, name),
    );
  return [...doubts, ...broken, ...ragged];
}
