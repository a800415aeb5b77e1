/** Figures of the comparison in words, the same in page and table. */
import { formatRatio } from '../../../base/units.ts';
import type { QuantizationReport, ReportCandidate, ReportMetric } from '../../../pipeline/quantization-report.ts';

interface MetricWords {
  readonly label: string;
  /** Behind the label, for people who do not know it. */
  readonly explanation: string;
  readonly isRatio: boolean;
}

export const METRIC_WORDS: Readonly<Record<ReportMetric, MetricWords>> = {
  accuracy: { label: 'Accuracy', explanation: 'share of samples whose largest output is the label', isRatio: true },
  agreement: { label: 'Agreement', explanation: 'share of rows with the same class as the original', isRatio: true },
  decisions: {
    label: 'Decisions',
    explanation: 'share of values on the same side of 0.5 as the original',
    isRatio: true,
  },
  cosine: {
    label: 'Cosine',
    explanation: 'similarity to the outputs of the original, of the worst output',
    isRatio: false,
  },
  sqnr: { label: 'SQNR', explanation: 'power of the outputs over power of what changed in them', isRatio: false },
};

export function metricText(metric: ReportMetric, value: number): string {
  if (metric === 'sqnr') return `${value.toFixed(1)} dB`;
  if (metric === 'cosine') return value.toFixed(5);
  return formatRatio(value, value === 1 ? 0 : value > 0.9 ? 2 : 1);
}

/** Equal outputs have an infinite ratio, for which JSON has no number. */
export function isEqual({ outputs }: ReportCandidate): boolean {
  return outputs.length > 0 && outputs.every((output) => output.isEqual);
}

export function valueText(candidate: ReportCandidate, metric: ReportMetric | null): string {
  if (isEqual(candidate)) return 'equal';
  return metric === null || candidate.value === null ? '–' : metricText(metric, candidate.value);
}

export function speedupText(speedup: number): string {
  return `${speedup.toFixed(speedup < 0.1 ? 3 : 2)}×`;
}

/** `1 sample`, `3 samples`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Those that have figures, with the numbers that they have everywhere. */
export interface Numbered {
  readonly number: number;
  readonly candidate: ReportCandidate & {
    readonly sizeBytes: number;
    readonly sizeRatio: number;
    readonly p50Ms: number;
    readonly speedup: number;
  };
}

export function measuredOf({ candidates }: QuantizationReport): Numbered[] {
  return candidates.filter(hasFigures).map((candidate, index) => ({ number: index + 1, candidate }));
}

function hasFigures(candidate: ReportCandidate): candidate is Numbered['candidate'] {
  const { sizeBytes, sizeRatio, p50Ms, speedup } = candidate;
  return [sizeBytes, sizeRatio, p50Ms, speedup].every((figure) => figure !== null);
}
