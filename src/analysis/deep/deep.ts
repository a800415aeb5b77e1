/** Reads every weight once, piece by piece: memory does not grow with the model. */
import type { ReportProgress } from '../../base/events.ts';
import { placedWeights } from '../../onnx/placed-weights.ts';
import type { ModelProto } from '../../onnx/proto.ts';
import { walkValues } from '../../onnx/values/walk.ts';
import { duplicateWeights } from './duplicates.ts';
import type { DeepFacts, WeightValues } from './facts.ts';

export interface DeepOptions {
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
}

/** @throws NimifyError MODEL_MALFORMED, MODEL_TRUNCATED, FILE_*; or the abort reason of the signal */
export async function readDeep(model: ModelProto, options: DeepOptions): Promise<DeepFacts> {
  const { signal, report } = options;
  const weights = [...placedWeights(model)];
  const tensors: WeightValues[] = [];
  for (const { name, place, tensor } of weights) {
    tensors.push({ name, place, ...(await walkValues(tensor, { needsStatistics: true, signal })) });
    report(tensors.length, weights.length, 'tensors');
  }
  const duplicates = duplicateWeights(tensors);
  const duplicateBytes = duplicates.reduce((sum, { names, sizeBytes }) => sum + (names.length - 1) * sizeBytes, 0);
  return { tensors, duplicates, zeroRatio: zeroRatio(tensors), duplicateBytes };
}

function zeroRatio(tensors: readonly WeightValues[]): number | null {
  let count = 0;
  let zeros = 0;
  for (const { statistics } of tensors) {
    count += statistics?.count ?? 0;
    zeros += statistics?.zeroCount ?? 0;
  }
  return count === 0 ? null : zeros / count;
}
