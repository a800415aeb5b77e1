/** What a quantized model may cost in accuracy, and whether a measured one keeps to it. */
import { NimifyError } from '../../base/errors.ts';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import type { ReportMetric } from '../quantization-report.ts';

/** Figures that a budget may be about. All but SQNR are ratios (0–1). */
export const METRICS = ['accuracy', 'agreement', 'decisions', 'cosine', 'sqnr'] as const;
export type Metric = ReportMetric;

export interface Budget {
  /** Null takes the first that the data allows: accuracy, agreement of classes, of decisions. */
  readonly metric: Metric | null;
  /** With metric null: labels are not looked at, only whether both models answer alike. */
  readonly isAgreement?: boolean;
  /** The figure may be so much lower than that of the original (0–1); for SQNR there is no such thing. */
  readonly maxDrop?: number;
  /** The figure must be at least this: dB for SQNR, else a ratio. */
  readonly least?: number;
}

/** One figure of a candidate, and what the original has. */
export interface Measured {
  readonly metric: Metric;
  /** Infinite SQNR where the outputs are equal. */
  readonly value: number;
  readonly original: number;
}

const ALIKE = 1;

/** Each metric of an evaluation; undefined where the data or the outputs do not have it. The worst output counts. */
const FIGURES: Readonly<Record<Metric, (evaluation: Evaluation) => Omit<Measured, 'metric'> | undefined>> = {
  accuracy: ({ accuracy }) =>
    accuracy === null ? undefined : { value: accuracy.candidate, original: accuracy.original },
  agreement: ({ outputs }) =>
    worst(outputs.flatMap(({ isClassification, top1Agreement }) => (isClassification ? (top1Agreement ?? []) : []))),
  decisions: ({ outputs }) => worst(outputs.flatMap(({ decisionAgreement }) => decisionAgreement ?? [])),
  cosine: ({ outputs }) => worst(outputs.flatMap(({ cosine, isState }) => (isState ? [] : (cosine ?? [])))),
  sqnr: ({ overallSqnrDb, outputs }) => {
    const isEqual = outputs.every((output) => output.isEqual || output.isState);
    const value = isEqual ? Number.POSITIVE_INFINITY : overallSqnrDb;
    return value === null ? undefined : { value, original: Number.POSITIVE_INFINITY };
  },
};

/** Those of which a drop means something to a user. */
const TASK_METRICS: readonly Metric[] = ['accuracy', 'agreement', 'decisions'];

/** How each metric is asked for. */
const FLAGS: Readonly<Record<Metric, string>> = {
  accuracy: '--metric accuracy',
  agreement: '--metric agreement',
  decisions: '--metric decisions',
  cosine: '--metric cosine',
  sqnr: '--min-sqnr DB',
};

function worst(values: readonly number[]): Omit<Measured, 'metric'> | undefined {
  return values.length === 0 ? undefined : { value: Math.min(...values), original: ALIKE };
}

/**
 * The figure that the budget is about.
 * @throws NimifyError USAGE when the evaluation does not have it
 */
export function measuredFor(budget: Budget, evaluation: Evaluation): Measured {
  const wanted = budget.metric === null ? TASK_METRICS.slice(budget.isAgreement ? 1 : 0) : [budget.metric];
  for (const metric of wanted) {
    const figure = FIGURES[metric](evaluation);
    if (figure !== undefined) return { metric, ...figure };
  }
  const has = METRICS.filter((metric) => FIGURES[metric](evaluation) !== undefined);
  throw new NimifyError(
    'USAGE',
    budget.metric === null
      ? 'The data has no labels, and no output is one of classes or decisions, so that a drop has no measure.'
      : `The metric ${budget.metric} cannot be measured on this data.`,
    { hint: `Take one that can: ${has.map((metric) => FLAGS[metric]).join(', ')}.`, details: { metrics: has } },
  );
}

/** The least value that holds the budget. */
export function limitOf({ maxDrop, least }: Budget, { original }: Measured): number {
  return Math.max(
    least ?? Number.NEGATIVE_INFINITY,
    maxDrop === undefined ? Number.NEGATIVE_INFINITY : original - maxDrop,
  );
}

/** Rounding of the figures themselves is forgiven; NaN where the original has numbers never is. */
export function isWithin(budget: Budget, measured: Measured, { outputs }: Evaluation): boolean {
  return outputs.every(({ notFinite }) => notFinite === 0) && measured.value >= limitOf(budget, measured) - 1e-9;
}

/** A phrase that says why a candidate is not within the budget. */
export function describeMiss(budget: Budget, measured: Measured, { outputs }: Evaluation): string {
  const broken = outputs.find(({ notFinite }) => notFinite > 0);
  if (broken !== undefined) return `output ${broken.name} has ${broken.notFinite} NaN or infinite values`;
  return `${figure(measured)}, at least ${figure(measured, limitOf(budget, measured))} is asked for`;
}

/** `47.2 dB of SQNR`, `98.7 % of agreement`. */
export function figure({ metric, value }: Measured, amount = value): string {
  if (metric === 'sqnr') return Number.isFinite(amount) ? `${amount.toFixed(1)} dB of SQNR` : 'equal outputs';
  return `${(amount * 100).toFixed(1)} % of ${metric}`;
}

/**
 * @param text `0.5%`, or a ratio such as `0.005`
 * @throws NimifyError USAGE
 */
export function parseRatio(flag: string, text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const value = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits !== undefined && value <= 1) return value;
  throw new NimifyError('USAGE', `${flag} ${text} is neither a percentage nor a ratio from 0 to 1.`, {
    hint: `Such as ${flag} 0.5% or ${flag} 0.005.`,
  });
}
