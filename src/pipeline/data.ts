/** Samples for calibration and evaluation: the user's data, or generated ones that the model is seen to accept. */
import { type Finding, finding } from '../base/findings.ts';
import { openData } from '../quantization/data/open.ts';
import { probeRandom } from '../quantization/data/random.ts';
import { pairSamples, shareSamples, splitSamples } from '../quantization/data/split.ts';
import type { SampleSet } from '../runtime/feeds.ts';
import { openSession } from '../runtime/session.ts';
import { runDataCommand } from './data-command.ts';
import type { DataRequest, PipelineDeps } from './requests.ts';

export interface PreparedData {
  readonly calibration: SampleSet;
  readonly evaluation: SampleSet;
  readonly findings: readonly Finding[];
}

/**
 * All samples that the request names, not yet split.
 * @param folder for what a data command prints; it stays until the samples are no longer needed
 */
export async function readSamples(
  modelPath: string,
  request: DataRequest,
  deps: PipelineDeps,
  folder: string,
): Promise<SampleSet> {
  const [set] = await readSets(modelPath, [request], deps, folder);
  return set as SampleSet;
}

type SetRequest = Pick<DataRequest, 'path' | 'command' | 'bind'>;

/** The model is opened once for all. */
async function readSets(
  modelPath: string,
  requests: readonly SetRequest[],
  deps: PipelineDeps,
  folder: string,
): Promise<SampleSet[]> {
  const { config, signal } = deps;
  const { image, audio, text } = config;
  const session = await (deps.openSession ?? openSession)(modelPath, { graphOptimization: 'basic' });
  try {
    const options = { image, audio, text, modelPath, model: session, seed: config.quantization.seed, signal };
    const sets: SampleSet[] = [];
    for (const { path, command, bind } of requests) {
      const load = (from: string) => openData({ path: from, bind }, session.inputs, options);
      if (command !== undefined) sets.push(await (await runDataCommand(command, folder, signal)).read(load));
      else if (path !== undefined) sets.push(await load(path));
      else sets.push(await probeRandom(session, session.inputs, bind, options));
    }
    return sets;
  } finally {
    await session.release();
  }
}

/** No sample is in both parts unless there is only one, the user wants it so, or has it so: then a finding says it. */
export async function prepareData(
  modelPath: string,
  request: DataRequest,
  deps: PipelineDeps,
  folder: string,
): Promise<PreparedData> {
  const { quantization, evaluation } = deps.config;
  const options = {
    calibrationSamples: quantization.calibrationSamples,
    seed: quantization.seed,
    maxEvaluation: evaluation.maxSamples,
  };
  const { split, isShared = false, bind } = request;
  const paths = split === undefined ? [request] : [split.calibration, split.evaluation].map((path) => ({ path, bind }));
  const [first, second] = (await readSets(modelPath, paths, deps, folder)) as [SampleSet, SampleSet?];
  const parts =
    second !== undefined
      ? await pairSamples(first, second, options)
      : (isShared ? shareSamples : splitSamples)(first, options);
  const why = second !== undefined ? 'found' : isShared ? 'asked' : 'few';
  const findings = [
    ...(parts.shared === 0 ? [] : [finding('DATA_SHARED', { samples: parts.shared, why }, first.origin)]),
    ...(parts.duplicates === 0 ? [] : [finding('DATA_DUPLICATES', { samples: parts.duplicates }, first.origin)]),
  ];
  return { calibration: parts.calibration, evaluation: parts.evaluation, findings };
}

/** One phrase for the progress line. */
export function describeData({ calibration, evaluation }: PreparedData): string {
  const kind = calibration.isRandom ? 'RANDOM samples' : 'samples';
  return `${calibration.count} + ${evaluation.count} ${kind}`;
}
