/** Accuracy over a cost, one point for each candidate; what no other beats in these two is joined, the chosen one stands out. */
import { formatBytes, formatRatio } from '../../../base/units.ts';
import type { QuantizationReport, ReportMetric } from '../../../pipeline/quantization-report.ts';
import { type Html, type HtmlValue, html } from '../markup.ts';
import { counted, isEqual, METRIC_WORDS, metricText, type Numbered } from './figures.ts';
import { inOrder, nameLabels, numberedPoints, ORIGINAL_DY, type Point, type Spot } from './plot-labels.ts';
import { percent, type Scale, scaleOf, share } from './scale.ts';

export interface Cost {
  readonly title: string;
  readonly of: (candidate: Numbered['candidate']) => number;
  readonly format: (value: number) => string;
  /** Ticks are round in it. */
  readonly unit: (most: number) => number;
}

export const SIZE: Cost = {
  title: 'Size',
  of: ({ sizeBytes }) => sizeBytes,
  format: formatBytes,
  unit: (most) => 1024 ** Math.floor(Math.log2(Math.max(most, 1)) / 10),
};
/** Of the time of the original, in paired runs: on a busy machine, times of different runs are not comparable. */
export const LATENCY: Cost = {
  title: 'Latency',
  of: ({ speedup }) => 1 / speedup,
  format: (part) => formatRatio(part, 0),
  unit: () => 1,
};

const HEIGHT = 240;

/** @param original cost of the original in the same unit; null where it is not known */
export function paretoPlot(
  report: QuantizationReport & { readonly metric: ReportMetric },
  items: readonly Numbered[],
  cost: Cost,
  original: number | null,
): Html {
  const { metric, budget } = report;
  const costs = [...items.map(({ candidate }) => cost.of(candidate)), ...(original === null ? [] : [original])];
  const most = Math.max(...costs) * 1.08;
  const x = scaleOf(0, most, { unit: cost.unit(most) });
  const y = valueScale(report, items);
  const points = items.map((item): Point => {
    const { candidate } = item;
    const value = isEqual(candidate) ? y.to : (candidate.value ?? y.from);
    return { item, x: share(x, cost.of(candidate)), y: (1 - share(y, value)) * HEIGHT };
  });
  const front = frontOf(points);
  const numbered = numberedPoints(points);
  const whole = original === null ? undefined : { x: share(x, original), y: originalY(report, y) };
  const isBudgeted = budget !== null && budget.metric === metric;
  const label = `${METRIC_WORDS[metric].label} over ${cost.title.toLowerCase()} of ${counted(items.length, 'candidate')}`;
  return html`<figure class="pareto"><figcaption>${METRIC_WORDS[metric].label} over ${cost.title.toLowerCase()}</figcaption><svg width="100%" height="${HEIGHT + 54}" role="img" aria-label="${label}">
<svg y="16" height="${HEIGHT}" overflow="visible">${yAxis(y, metric)}${xAxis(x, cost)}${isBudgeted && budgetLine(y, budget.limit, metric)}${frontLine(front)}${whole !== undefined && originalMark(whole)}${inOrder(points).map((point) => mark(point, numbered.has(point)))}${nameLabels(points, front, whole)}</svg></svg></figure>`;
}

/** From the worst to the best that is there, with some air; ratios end at 1. */
function valueScale(report: QuantizationReport & { readonly metric: ReportMetric }, items: readonly Numbered[]): Scale {
  const { metric, budget, originalValue } = report;
  const values = items.flatMap(({ candidate }) => candidate.value ?? []);
  if (budget?.metric === metric) values.push(budget.limit);
  if (originalValue !== null) values.push(originalValue);
  if (metric !== 'sqnr') values.push(1);
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  const air = Math.max((largest - least) * 0.12, metric === 'sqnr' ? 1 : 0.001);
  return scaleOf(
    values.length === 0 ? 0 : least - air,
    values.length === 0 ? 1 : largest + air * (metric === 'sqnr' ? 1.4 : 0.4),
  );
}

/** The original has no distance to itself: it stands at the upper edge. */
function originalY({ metric, originalValue }: QuantizationReport, y: Scale): number {
  const value = originalValue ?? (metric === 'sqnr' ? y.to : 1);
  return (1 - share(y, value)) * HEIGHT;
}

function yAxis(y: Scale, metric: ReportMetric): Html[] {
  return y.ticks.map((value) => {
    const at = round((1 - share(y, value)) * HEIGHT);
    return html`<line class="grid" x1="0" x2="100%" y1="${at}" y2="${at}"/><text class="axis" x="-8" y="${at + 4}" text-anchor="end">${tickText(metric, value)}</text>`;
  });
}

function tickText(metric: ReportMetric, value: number): string {
  if (metric === 'sqnr') return `${Number(value.toFixed(2))} dB`;
  return metric === 'cosine' ? String(Number(value.toFixed(5))) : `${Number((value * 100).toFixed(3))} %`;
}

function xAxis(x: Scale, cost: Cost): Html {
  const marks = x.ticks.map((value) => {
    const at = percent(share(x, value));
    return html`<line class="grid" x1="${at}" x2="${at}" y1="0" y2="${HEIGHT}"/><text class="axis" x="${at}" y="${HEIGHT + 18}" text-anchor="middle">${value === 0 ? '0' : cost.format(value)}</text>`;
  });
  return html`${marks}<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/>`;
}

/** Its name stands where nothing costs anything, and so no point is. */
function budgetLine(y: Scale, limit: number, metric: ReportMetric): Html {
  const at = round((1 - share(y, limit)) * HEIGHT);
  return html`<rect class="over" x="0" y="${at}" width="100%" height="${round(HEIGHT - at)}"/><line class="budget" x1="0" x2="100%" y1="${at}" y2="${at}"/><text class="budget" x="6" y="${at + 14}">budget ${metricText(metric, limit)}</text>`;
}

/** What no other point of this plot beats in both figures, from the cheapest on. */
function frontOf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  let best = Number.POSITIVE_INFINITY;
  return sorted.filter(({ y }) => {
    const isBetter = y < best;
    if (isBetter) best = y;
    return isBetter;
  });
}

/** SVG takes no percent in paths: one line for each pair. */
function frontLine(front: readonly Point[]): Html[] {
  return front.slice(1).map((point, index) => {
    const before = front[index] as Point;
    return html`<line class="front" x1="${percent(before.x)}" y1="${round(before.y)}" x2="${percent(point.x)}" y2="${round(point.y)}"/>`;
  });
}

/** Its name stands below, where no other point of the upper edge is. */
function originalMark({ x, y }: Spot): Html {
  return html`<g class="original"><svg x="${percent(x)}" y="${round(y)}" overflow="visible"><rect x="-6" y="-6" width="12" height="12"/></svg><text x="${percent(x)}" y="${round(y) + ORIGINAL_DY + 4}" text-anchor="middle">original</text></g>`;
}

function mark({ item: { number, candidate }, x, y }: Point, isNumbered: boolean): Html {
  const classes = [
    'point',
    candidate.isChosen && 'chosen',
    candidate.status === 'rejected' && 'rejected',
    candidate.isPareto && 'best',
  ];
  const at = html`cx="${percent(x)}" cy="${round(y)}"`;
  const content: HtmlValue = isNumbered
    ? html`<circle ${at} r="10"/><text x="${percent(x)}" y="${round(y) + 4}">${number}</text>`
    : html`<circle ${at} r="4"/>`;
  return html`<g class="${classes.filter((one) => one !== false).join(' ')}"><title>${number}: ${candidate.label}</title>${content}</g>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
