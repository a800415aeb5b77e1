/** Samples for calibration and evaluation: the user's data, or generated ones that the model is seen to accept. */
import { type Finding, finding } from '../base/findings.ts';
import { openData } from '../quantization/data/open.ts';
import { probeRandom } from '../quantization/data/random.ts';
import { splitSamples } from '../quantization/data/split.ts';
import type { SampleSet } from '../runtime/feeds.ts';
import { openSession } from '../runtime/session.ts';
import type { DataRequest, PipelineDeps } from './requests.ts';

export interface PreparedData {
  readonly calibration: SampleSet;
  readonly evaluation: SampleSet;
  readonly findings: readonly Finding[];
}

/** All samples that the request names, not yet split. */
export async function readSamples(modelPath: string, request: DataRequest, deps: PipelineDeps): Promise<SampleSet> {
  const { config, signal } = deps;
  const session = await (deps.openSession ?? openSession)(modelPath, { graphOptimization: 'basic' });
  try {
    const options = {
      image: config.image,
      audio: config.audio,
      text: config.text,
      modelPath,
      model: session,
      seed: config.quantization.seed,
      signal,
    };
    if (request.path === undefined) return await probeRandom(session, session.inputs, request.bind, options);
    return await openData({ path: request.path, bind: request.bind }, session.inputs, options);
  } finally {
    await session.release();
  }
}

/** Reads and splits: no sample is in both halves unless there is only one. */
export async function prepareData(modelPath: string, request: DataRequest, deps: PipelineDeps): Promise<PreparedData> {
  const { quantization, evaluation } = deps.config;
  const all = await readSamples(modelPath, request, deps);
  const split = splitSamples(all, {
    calibrationSamples: quantization.calibrationSamples,
    seed: quantization.seed,
    maxEvaluation: evaluation.maxSamples,
  });
  const findings = split.isShared ? [finding('DATA_SHARED', { samples: all.count }, all.origin)] : [];
  return { calibration: split.calibration, evaluation: split.evaluation, findings };
}

/** One phrase for the progress line. */
export function describeData({ calibration, evaluation }: PreparedData): string {
  const kind = calibration.isRandom ? 'RANDOM samples' : 'samples';
  return `${calibration.count} + ${evaluation.count} ${kind}`;
}
