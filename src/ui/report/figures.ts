/** Figures as they stand in the tables of several reports. */
import { formatBytes, formatRatio } from '../../base/units.ts';
import type { OutputComparison } from '../../evaluation/evaluation.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

/** What is not known or does not apply. */
export const NOTHING = '–';

export function formatSpeedup(speedup: number): string {
  return `${speedup.toFixed(2)}×`;
}

export function formatSqnr(output: Pick<OutputComparison, 'sqnrDb' | 'isEqual'>): string {
  if (output.isEqual) return 'equal';
  return output.sqnrDb === null ? NOTHING : `${output.sqnrDb.toFixed(1)} dB`;
}

export function formatAgreement(ratio: number | null): string {
  return ratio === null ? NOTHING : formatRatio(ratio);
}

/** The output that differs most: one that has a figure comes before equal ones; carried state is no result. */
export function worstOutput(outputs: readonly OutputComparison[]): OutputComparison | undefined {
  const rank = ({ sqnrDb, isEqual }: OutputComparison): number =>
    isEqual ? Number.POSITIVE_INFINITY : (sqnrDb ?? Number.MAX_VALUE);
  return outputs.filter(({ isState }) => !isState).sort((a, b) => rank(a) - rank(b))[0];
}

/** The smallest agreement on classes or decisions of all outputs that have one. */
export function worstAgreement(outputs: readonly OutputComparison[]): number | null {
  const results = outputs.filter(({ isState }) => !isState);
  const known = results.flatMap(({ decisionAgreement, top1Agreement }) => decisionAgreement ?? top1Agreement ?? []);
  return known.length === 0 ? null : Math.min(...known);
}

/** Size of a written file, and its digest where it is known. */
export function fileText({
  sizeBytes,
  sha256,
}: {
  readonly sizeBytes: number;
  readonly sha256: string | null;
}): string {
  return sha256 === null ? formatBytes(sizeBytes) : `${formatBytes(sizeBytes)} · sha256 ${shortDigest(sha256)}`;
}

/** `mixed: static-int8, 4 nodes float` where nodes were left out, else the method alone. */
export function methodText(method: string, recipe: unknown): string {
  const { excludeNodes } = (recipe as { options?: { excludeNodes?: unknown } } | null)?.options ?? {};
  if (!Array.isArray(excludeNodes) || excludeNodes.length === 0) return method;
  return `mixed: ${method}, ${excludeNodes.length} ${excludeNodes.length === 1 ? 'node' : 'nodes'} float`;
}

/** `1 × 3 × height × ?`; a scalar has no dims. */
export function formatShape(shape: TensorInfo['shape']): string {
  if (shape === null) return 'unknown rank';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => dim ?? '?').join(' × ');
}

/** The first twelve digits tell versions apart. */
export function shortDigest(sha256: string): string {
  return sha256.slice(0, 12);
}
