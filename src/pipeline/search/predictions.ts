/** A few samples with the largest values of one output, of the original and of what it became. */
import type { OutputComparison } from '../../evaluation/evaluation.ts';
import { elementCount, type HostTensor } from '../../onnx/tensor.ts';
import { numberReader } from '../../onnx/tensor-numbers.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import { openSession, type RuntimeSession } from '../../runtime/session.ts';
import { sessionsOf } from '../guard.ts';
import type { ReportPrediction, ReportScore } from '../quantization-report.ts';
import type { PipelineDeps } from '../requests.ts';

export interface PredictionFacts {
  /** Paths of models. */
  readonly original: string;
  readonly candidate: string;
  /** Each with the state that the original has there, where the model carries one. */
  readonly samples: SampleSet;
  readonly outputs: readonly OutputComparison[];
}

const SAMPLES = 6;
/** Of each model; the other one is shown at the same places. */
const PLACES = 4;

/** Empty where no output is of numbers that can be compared. @throws NimifyError RUNTIME_*; or the abort reason of the signal */
export async function predictionsOf(facts: PredictionFacts, deps: PipelineDeps): Promise<ReportPrediction[]> {
  const output = shownOutput(facts.outputs);
  if (output === undefined || facts.samples.count === 0) return [];
  const open = sessionsOf(deps).openSession ?? openSession;
  const { threads } = deps.config.evaluation;
  const first = await open(facts.original, { threads });
  try {
    const second = await open(facts.candidate, { threads });
    try {
      return await compared(first, second, output, facts.samples, deps.signal);
    } finally {
      await second.release();
    }
  } finally {
    await first.release();
  }
}

/** Classes before other numbers; state means nothing to a reader. */
function shownOutput(outputs: readonly OutputComparison[]): string | undefined {
  const shown = outputs.filter(({ isState, sqnrDb, isEqual }) => isState !== true && (isEqual || sqnrDb !== null));
  return (shown.find(({ isClassification }) => isClassification) ?? shown[0])?.name;
}

async function compared(
  first: RuntimeSession,
  second: RuntimeSession,
  output: string,
  samples: SampleSet,
  signal: AbortSignal,
): Promise<ReportPrediction[]> {
  const count = Math.min(SAMPLES, samples.count);
  const indices = Array.from({ length: count }, (_, index) => Math.floor((index * samples.count) / count));
  const predictions: ReportPrediction[] = [];
  for await (const feeds of samples.pick(indices).samples()) {
    signal.throwIfAborted();
    const tensors = await Promise.all([first, second].map((session) => outputOf(session, output, feeds)));
    const [original, candidate] = tensors as [HostTensor, HostTensor];
    const places = [...new Set(tensors.flatMap(largest))];
    const sample = indices[predictions.length] as number;
    // Lists of detections may differ in length: then there is no common place.
    if (original.dims.join() !== candidate.dims.join()) continue;
    predictions.push({ sample, output, original: scores(original, places), candidate: scores(candidate, places) });
  }
  return predictions;
}

async function outputOf(session: RuntimeSession, output: string, feeds: Feeds): Promise<HostTensor> {
  return (await session.run(feeds))[output] as HostTensor;
}

/** Flat indices of the largest values. */
function largest(tensor: HostTensor): number[] {
  const read = numberReader(tensor);
  const best: number[] = [];
  for (let index = 0; index < elementCount(tensor.dims); index += 1) {
    const value = read(index);
    if (best.length === PLACES && !(value > read(best.at(-1) as number))) continue;
    const at = best.findIndex((other) => read(other) < value);
    best.splice(at < 0 ? best.length : at, 0, index);
    best.length = Math.min(best.length, PLACES);
  }
  return best;
}

/** The values at these places, the largest first. */
function scores(tensor: HostTensor, places: readonly number[]): ReportScore[] {
  const read = numberReader(tensor);
  const isRow = tensor.dims.slice(0, -1).every((dim) => dim === 1);
  return places
    .map((index) => ({ index, score: read(index), ...(isRow ? {} : { label: placeOf(index, tensor.dims) }) }))
    .filter(({ score }) => Number.isFinite(score))
    .sort((a, b) => b.score - a.score || a.index - b.index);
}

/** `[1204, 1]`: the index on each axis that has more than one entry. */
function placeOf(index: number, dims: readonly number[]): string {
  const parts: number[] = [];
  let rest = index;
  for (const dim of dims.toReversed()) {
    if (dim > 1) parts.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return `[${parts.join(', ')}]`;
}
