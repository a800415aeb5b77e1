/** What calibration saw of each tensor, and the range that was taken for its integers. */
import { formatRatio } from '../../../base/units.ts';
import type { QuantizationReport, ReportHistogram } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { Html, html, name } from '../markup.ts';
import { counted } from './figures.ts';
import { shortNumber } from './predictions.ts';

const SHOWN = 12;
/** Folded; `quantization.json` has all. */
const MOST = 120;
const BARS = 64;
const HEIGHT = 56;

export function histogramSection({ histograms }: QuantizationReport): Section | null {
  if (histograms.length === 0) return null;
  const sorted = histograms.map((one) => ({ ...one, beyond: beyondOf(one) })).sort((a, b) => b.beyond - a.beyond);
  const cut = sorted.filter(({ beyond }) => beyond > 0).length;
  const methods = [...new Set(histograms.map(({ method }) => method))].join(', ');
  const note = html`<p class="note">Values that ${counted(histograms.length, 'tensor')} had on the samples, on a logarithmic scale, by range (${methods}). ${cut === 0 ? 'No range cuts values off.' : `In ${cut} of them values lie beyond the range and become its ends; those come first.`}</p>`;
  const rest = sorted.slice(SHOWN, MOST);
  const left = sorted.length - MOST;
  const folded =
    rest.length > 0 &&
    html`<details class="more"><summary>${counted(rest.length, 'more tensor')}${left > 0 && `; ${left} others are in quantization.json`}</summary><div class="histograms">${rest.map(card)}</div></details>`;
  return {
    id: 'ranges',
    title: 'Ranges',
    body: html`${note}<div class="histograms">${sorted.slice(0, SHOWN).map(card)}</div>${folded}`,
  };
}

/** Share of the values whose bin lies outside of the range for the most part. */
function beyondOf({ min, max, counts, range }: ReportHistogram): number {
  const width = (max - min) / counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const outside = counts.reduce((sum, count, index) => {
    const middle = min + (index + 0.5) * width;
    return middle < range.min || middle > range.max ? sum + count : sum;
  }, 0);
  return total === 0 ? 0 : outside / total;
}

function card(histogram: ReportHistogram & { readonly beyond: number }): Html {
  const { tensor, range, min, max, beyond } = histogram;
  const from = Math.min(min, range.min);
  const to = Math.max(max, range.max);
  const x = (value: number): number => (to === from ? 50 : Math.round(((value - from) / (to - from)) * 10_000) / 100);
  const [left, right] = [x(range.min), x(range.max)];
  const share = beyond === 0 ? '' : `${beyond < 0.0005 ? '< 0.1 %' : formatRatio(beyond)} beyond`;
  return html`<figure class="histogram"><figcaption>${name(tensor)}</figcaption><svg viewBox="0 0 100 ${HEIGHT}" preserveAspectRatio="none" width="100%" height="${HEIGHT}" role="img" aria-label="Values from ${shortNumber(min)} to ${shortNumber(max)}, range from ${shortNumber(range.min)} to ${shortNumber(range.max)}"><rect class="range" x="${left}" width="${Math.max(0.5, right - left)}" height="${HEIGHT}"/><path class="bars" d="${barPath(histogram, x)}"/><path class="ends" d="M${left} 0V${HEIGHT}M${right} 0V${HEIGHT}"/></svg><p><span>${shortNumber(range.min)} … ${shortNumber(range.max)}</span><span class="beyond">${share}</span></p></figure>`;
}

/** Neighbouring bins together, since a card is not wide; the tails would not be seen without the logarithm. */
function barPath({ min, max, counts }: ReportHistogram, x: (value: number) => number): Html {
  const size = Math.max(1, Math.ceil(counts.length / BARS));
  const sums = Array.from({ length: Math.ceil(counts.length / size) }, (_, index) =>
    counts.slice(index * size, (index + 1) * size).reduce((sum, count) => sum + count, 0),
  );
  const most = Math.log1p(Math.max(...sums, 1));
  const width = (max - min) / counts.length;
  const steps = sums.map((sum, index) => {
    const y = Math.round((1 - Math.log1p(sum) / most) * HEIGHT * 10) / 10;
    return `V${y}H${x(min + Math.min((index + 1) * size, counts.length) * width)}`;
  });
  return new Html(`M${x(min)} ${HEIGHT}${steps.join('')}V${HEIGHT}z`);
}
