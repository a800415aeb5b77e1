/** How much each part of a model suffers when it alone is quantized. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from '../../evaluation/compare.ts';
import { openModel } from '../../onnx/open.ts';
import { writeModel } from '../../onnx/write.ts';
import type { NodeGroup } from '../../quantization/groups.ts';
import { takesSamples } from '../../quantization/quantizer.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { runQuantizer } from '../candidates.ts';
import { sessionsOf } from '../guard.ts';
import { type TrialBench, withSettings } from './trial-bench.ts';
import type { Trial } from './trials.ts';

export interface GroupSensitivity extends NodeGroup {
  /** Of all outputs together with only this group quantized; infinite where nothing changes. */
  readonly sqnrDb: number;
}

/** Samples of calibration that it is measured on: those of evaluation are for the result alone. */
const SAMPLES = 8;

/** Most groups that are measured: larger models are cut into runs of neighbours. */
export const MOST_GROUPS = 48;

/**
 * One group after the other; ends early, with what is known, when `isOver` says so.
 * @param onDone hears of each group
 */
export async function sensitivityOf(
  groups: readonly NodeGroup[],
  trial: Trial,
  bench: TrialBench,
  { isOver, onDone }: { readonly isOver: () => boolean; readonly onDone: (done: number) => void },
): Promise<GroupSensitivity[]> {
  const samples = fewOf(bench.data.calibration);
  const all = groups.flatMap(({ nodes }) => nodes);
  const known: GroupSensitivity[] = [];
  for (const [index, group] of groups.entries()) {
    bench.deps.signal.throwIfAborted();
    if (isOver()) break;
    const others = all.filter((name) => !group.nodes.includes(name));
    known.push({ ...group, sqnrDb: await sqnrWithout(others, trial, samples, bench) });
    onDone(index + 1);
  }
  return known;
}

/** The search of ranges and the correction of biases repair what is to be seen here, and take most of the time. */
async function sqnrWithout(
  excludeNodes: readonly string[],
  trial: Trial,
  samples: SampleSet,
  bench: TrialBench,
): Promise<number> {
  const settings = { ...trial.settings, excludeNodes: [...excludeNodes], rangeSearch: false, floatStem: false };
  const deps = withSettings(bench.deps, settings);
  const folder = join(bench.folder, 'sensitivity');
  await mkdir(folder, { recursive: true });
  const input = { model: openModel(bench.model.path), calibration: takesSamples(trial.entry) ? samples : null };
  const { proto } = await runQuantizer(trial.entry, input, folder, deps, () => {});
  const path = join(folder, bench.fileName);
  await writeModel(proto, path, { whenTooLarge: 'external', isTemporary: true, force: true, signal: deps.signal });
  const { signal, clock, config } = deps;
  const options = { ...config.evaluation, latencyRuns: 1, signal, clock, report: () => {}, ...sessionsOf(deps) };
  const { evaluation } = await compare({ path: bench.model.path }, { path }, samples, options);
  return evaluation.overallSqnrDb ?? Number.POSITIVE_INFINITY;
}

function fewOf(samples: SampleSet): SampleSet {
  if (samples.count <= SAMPLES) return samples;
  return samples.pick(Array.from({ length: SAMPLES }, (_, index) => Math.floor((index * samples.count) / SAMPLES)));
}
