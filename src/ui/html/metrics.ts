/** The three figures that the page shows of every part of a model, and how large a share of the whole each is. */
import type { Block } from '../../analysis/blocks/facts.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import { type Html, html } from './markup.ts';

export interface Amounts {
  readonly macs: number | null;
  readonly parameters: number | null;
  readonly activations: number | null;
}

export type MetricId = keyof Amounts;

interface Metric {
  readonly id: MetricId;
  readonly label: string;
  /** What one unit is, for people who do not know it. */
  readonly explanation: string;
  readonly format: (amount: number) => string;
}

export const METRICS: readonly Metric[] = [
  { id: 'macs', label: 'Compute', explanation: 'multiply-accumulates of one run', format: formatCount },
  { id: 'parameters', label: 'Parameters', explanation: 'elements of all weights', format: formatCount },
  { id: 'activations', label: 'Activations', explanation: 'bytes of the tensors that are made', format: formatBytes },
];

export function amountsOf(block: Block): Amounts {
  return { macs: block.macs, parameters: block.parameterCount, activations: block.outputBytes };
}

/** As far as they are known; null where nothing is. */
export function addAmounts(all: readonly Amounts[]): Amounts {
  const sum = (id: MetricId): number | null => {
    const known = all.reduce((total, amounts) => total + (amounts[id] ?? 0), 0);
    return known === 0 && all.some((amounts) => amounts[id] === null) ? null : known;
  };
  return { macs: sum('macs'), parameters: sum('parameters'), activations: sum('activations') };
}

/** Null where one of the two is not known, or the part is more than the whole: the rounds of a loop are in no sum. */
export function shareOf(amount: number | null, total: number | null): number | null {
  if (amount === null || total === null || amount > total) return null;
  return total === 0 ? 0 : amount / total;
}

/** `12 %`; below one percent with a digit, and never 0 for what is not. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  if (share < 0.001) return '< 0.1 %';
  return `${share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
}

/** A cell of a table: amount, share, and a bar for the eye. */
export function amountCell(metric: Metric, amount: number | null, total: number | null): Html {
  if (amount === null) return html`<td class="amount unknown" title="not known">–</td>`;
  if (amount === 0) return html`<td class="amount unknown">0</td>`;
  const share = shareOf(amount, total);
  if (share === null) return html`<td class="amount">${metric.format(amount)}</td>`;
  return html`<td class="amount"><span class="number">${metric.format(amount)}</span><span class="share">${formatShare(share)}</span>${bar(metric.id, share)}</td>`;
}

function bar(metric: MetricId, share: number): Html {
  const width = Math.round(Math.min(1, share) * 1000) / 10;
  return html`<svg class="bar ${metric}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect width="${width}" height="4"/></svg>`;
}

/** 0 for nothing, else 1 to 6 by the square root, so that small differences at the bottom are seen. */
export function heatLevel(amount: number | null, most: number): number {
  return amount === null || amount <= 0 ? 0 : Math.max(1, Math.ceil(Math.sqrt(Math.min(1, amount / most)) * 6));
}

/** The largest of each; what is hottest has these. */
export function mostOf(all: readonly Amounts[]): Record<MetricId, number> {
  const most = (id: MetricId): number => Math.max(0, ...all.map((amounts) => amounts[id] ?? 0));
  return { macs: most('macs'), parameters: most('parameters'), activations: most('activations') };
}
