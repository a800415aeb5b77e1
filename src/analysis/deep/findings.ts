/** Judgements that need the values of the weights. */
import { type Finding, finding } from '../../base/findings.ts';
import type { DataType } from '../../onnx/data-type.ts';
import type { ValueStatistics } from '../../onnx/values/statistics.ts';
import type { DeepFacts, WeightValues } from './facts.ts';

/** Largest finite float16 (IEEE 754 binary16). */
const MAX_FLOAT16 = 65504;
/** Above it, a sparse format or structured pruning starts to be worth a thought. */
const SPARSE_RATIO = 0.5;
/** Less than this is not worth a word. */
const MIN_WASTE_RATIO = 0.01;
const WIDE_FLOATS: ReadonlySet<DataType | null> = new Set<DataType | null>(['float32', 'float64', 'bfloat16']);

/**
 * WEIGHT_NOT_FINITE, one per weight. `where`: the weight. args: `tensor`, `nan`, `infinity`, `count`.
 * WEIGHTS_DUPLICATED. args: `groups`, `bytes`, `largest`: names of the group that wastes most.
 * WEIGHTS_BEYOND_FLOAT16. args: `count`, `tensors`: names with their largest magnitude.
 * WEIGHTS_SPARSE. args: `ratio`.
 */
export function deepFindings(deep: DeepFacts): Finding[] {
  return [...notFinite(deep), ...duplicated(deep), ...beyondFloat16(deep), ...sparse(deep)];
}

function notFinite({ tensors }: DeepFacts): Finding[] {
  return tensors.flatMap(({ name, statistics }) => {
    if (statistics === null || !isSuspicious(statistics)) return [];
    const { nanCount: nan, infinityCount: infinity, count } = statistics;
    return [finding('WEIGHT_NOT_FINITE', { tensor: name, nan, infinity, count }, name)];
  });
}

/** Masks hold nothing but −∞ and one finite value; among values that vary, infinity is an accident. */
function isSuspicious({ nanCount, infinityCount, standardDeviation }: ValueStatistics): boolean {
  return nanCount > 0 || (infinityCount > 0 && (standardDeviation ?? 0) > 0);
}

function duplicated({ duplicates, duplicateBytes, tensors }: DeepFacts): Finding[] {
  const total = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (duplicateBytes === 0 || duplicateBytes < total * MIN_WASTE_RATIO) return [];
  const largest = [...(duplicates[0]?.names ?? [])];
  return [finding('WEIGHTS_DUPLICATED', { groups: duplicates.length, bytes: duplicateBytes, largest })];
}

function beyondFloat16({ tensors }: DeepFacts): Finding[] {
  const wide = tensors.flatMap((tensor) => {
    const size = magnitude(tensor);
    return WIDE_FLOATS.has(tensor.dataType) && size > MAX_FLOAT16 ? [[tensor.name, size] as const] : [];
  });
  if (wide.length === 0) return [];
  return [finding('WEIGHTS_BEYOND_FLOAT16', { count: wide.length, tensors: Object.fromEntries(wide) })];
}

function magnitude({ statistics }: WeightValues): number {
  return Math.max(Math.abs(statistics?.min ?? 0), Math.abs(statistics?.max ?? 0));
}

function sparse({ zeroRatio }: DeepFacts): Finding[] {
  return zeroRatio !== null && zeroRatio > SPARSE_RATIO ? [finding('WEIGHTS_SPARSE', { ratio: zeroRatio })] : [];
}
