/** A chart of the memory that lives during a run, with its peak. */
import type { Block, BlockGraph } from '../../analysis/blocks/facts.ts';
import { formatBytes } from '../../base/units.ts';
import { Html, html, name } from './markup.ts';
import { textWidth } from './text-width.ts';

/** More points than a screen has say nothing more. */
const MOST_POINTS = 600;
const HEIGHT = 100;
/** Width of the chart on a desk; on a phone the style sheet hides the names of blocks. */
const LABEL_SCALE_PX = 1200;
const LARGEST_LEAP = 12;
/** Free room above the peak, for its label. */
const HEADROOM = 1.18;

/** @param nodes names of the nodes that run, one for each of `liveBytes` */
export function courseChart(liveBytes: readonly number[], nodes: readonly string[], { blocks }: BlockGraph): Html {
  const peak = liveBytes.reduce((best, bytes, step) => (bytes > (liveBytes[best] as number) ? step : best), 0);
  const most = (liveBytes[peak] as number) * HEADROOM || 1;
  const steps = liveBytes.length;
  const y = (bytes: number): number => Math.round((1 - bytes / most) * HEIGHT * 100) / 100;
  const peakX = ((peak + 0.5) / steps) * 100;
  const anchor = peakX < 30 ? 'start' : peakX > 70 ? 'end' : 'middle';
  const block = blocks.find((one) => one.nodes.includes(nodes[peak] as string));
  const sentence = html`Activations peak at <strong>${formatBytes(liveBytes[peak] as number)}</strong> while ${name(nodes[peak] as string)} runs${block !== undefined && html` in ${name(block.title)}`}, step ${peak + 1} of ${steps}.`;
  return html`<h3>In the course of a run</h3><p class="note">${sentence}</p>
<figure class="course"><svg width="100%" height="206" role="img" aria-label="Bytes of live tensors from the first node to the last"><svg viewBox="0 0 100 ${HEIGHT}" preserveAspectRatio="none" width="100%" height="180">${gridLines(most, y)}<path class="area" d="${areaPath(liveBytes, y)}"/></svg>${gridLabels(most, y, peakX < 50)}<line class="peak" x1="${round(peakX)}%" x2="${round(peakX)}%" y1="22" y2="180"/><text class="peak" x="${round(peakX)}%" y="15" text-anchor="${anchor}">${formatBytes(liveBytes[peak] as number)}</text>${bands(nodes, blocks)}</svg></figure>`;
}

/** Steps up and down, since memory does not glide; of many steps in one point the largest. */
function areaPath(liveBytes: readonly number[], y: (bytes: number) => number): Html {
  const size = Math.ceil(liveBytes.length / MOST_POINTS);
  const points: number[] = [];
  for (let at = 0; at < liveBytes.length; at += size) {
    points.push(liveBytes.slice(at, at + size).reduce((most, bytes) => Math.max(most, bytes), 0));
  }
  const x = (index: number): number =>
    Math.round((Math.min(index * size, liveBytes.length) / liveBytes.length) * 100_00) / 100;
  const line = points.map((bytes, index) => `V${y(bytes)}H${x(index + 1)}`).join('');
  return new Html(`M0 ${HEIGHT}${line}V${HEIGHT}z`);
}

/** Thirds of the range, rounded to what one can read. */
function ticks(most: number): number[] {
  const rough = most / 3;
  const unit = 2 ** Math.floor(Math.log2(rough));
  const step = [1, 1.5, 2].map((factor) => factor * unit).find((candidate) => most / candidate <= 3.5) ?? 2 * unit;
  return [1, 2, 3].map((count) => count * step).filter((bytes) => bytes < most * 0.86);
}

function gridLines(most: number, y: (bytes: number) => number): Html[] {
  return ticks(most).map((bytes) => html`<path class="grid" d="M0 ${y(bytes)}H100"/>`);
}

/** On the side where the peak is not. */
function gridLabels(most: number, y: (bytes: number) => number, isRight: boolean): Html[] {
  const at = isRight ? html`x="100%" text-anchor="end"` : html`x="0"`;
  return ticks(most).map(
    (bytes) => html`<text class="axis" ${at} y="${round(y(bytes) * 1.8 - 4)}">${formatBytes(bytes)}</text>`,
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Band {
  readonly title: string;
  readonly start: number;
}

/** Which block runs when: marks below the chart where each begins, and its name where there is room for it. */
function bands(nodes: readonly string[], blocks: readonly Block[]): Html[] {
  const steps = new Map(nodes.map((node, step) => [node, step]));
  const starts = blocks
    .map((block): Band => ({ title: block.title, start: mainStep(block, steps) }))
    .sort((a, b) => a.start - b.start);
  return starts.map(({ title, start }, index) => {
    const [from, to] = [start, starts[index + 1]?.start ?? nodes.length].map((step) => (step / nodes.length) * 100);
    const room = (((to as number) - (from as number)) / 100) * LABEL_SCALE_PX - 8;
    const label = textWidth(title, 11) <= room ? title : '';
    return html`<g class="band"><title>${title}</title><line x1="${round(from as number)}%" x2="${round(from as number)}%" y1="180" y2="187"/>${label !== '' && html`<text class="axis" x="${round(from as number)}%" dx="4" y="198">${label}</text>`}</g>`;
  });
}

/** Where most of its nodes begin: bookkeeping that is attached to a block may stand far before it. */
function mainStep(block: Block, steps: ReadonlyMap<string, number>): number {
  const own = block.nodes.flatMap((node) => steps.get(node) ?? []).sort((a, b) => a - b);
  const middle = own[Math.floor(own.length / 2)] ?? 0;
  // Going back from the middle as long as there is no great leap.
  let start = middle;
  for (const step of own.toReversed()) if (step < start && start - step <= LARGEST_LEAP) start = step;
  return start;
}
