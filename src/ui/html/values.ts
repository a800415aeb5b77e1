/** What --deep found in the values of the weights: ranges, zeros, what is not finite, what is there twice. */
import type { DeepFacts, DuplicateWeights, WeightValues } from '../../analysis/deep/facts.ts';
import { formatBytes, formatRatio } from '../../base/units.ts';
import type { Section } from './document.ts';
import { type Html, html, name } from './markup.ts';
import { formatShare } from './metrics.ts';
import type { PageFacts } from './page.ts';

/** Rows; `--json` has all. */
const MOST_WEIGHTS = 24;
const MOST_DUPLICATES = 12;
const NAMES_OF_DUPLICATE = 3;

export function valueSection({ analysis }: PageFacts): Section | null {
  const { deep } = analysis;
  if (deep === null || deep.tensors.length === 0) return null;
  return { id: 'values', title: 'Weights', body: html`${summary(deep)}${weightTable(deep)}${duplicateTable(deep)}` };
}

function summary({ tensors, zeroRatio, duplicateBytes }: DeepFacts): Html {
  const notFinite = tensors.filter(
    ({ statistics }) => statistics !== null && statistics.nanCount + statistics.infinityCount > 0,
  );
  return html`<p class="note">${tensors.length} weights were read${zeroRatio !== null && html`; <strong>${formatShare(zeroRatio)}</strong> of their values are zero`}${duplicateBytes > 0 && html`; <strong>${formatBytes(duplicateBytes)}</strong> are duplicates`}${notFinite.length > 0 && html`; <strong>${notFinite.length}</strong> hold NaN or infinity`}.</p>`;
}

function weightTable({ tensors }: DeepFacts): Html {
  const largest = [...tensors].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, MOST_WEIGHTS);
  const range = rangeOf(largest);
  const caption =
    tensors.length > MOST_WEIGHTS &&
    html`<p class="note">The ${MOST_WEIGHTS} largest; nimify analyze --deep --json has all.</p>`;
  const heads = ['Min', 'Max', 'Mean', 'Std', 'Zeros'];
  return html`${caption}<div class="scroll" tabindex="0" role="region" aria-label="Values of weights"><table class="values"><thead><tr><th scope="col">Weight</th><th scope="col">Type</th><th scope="col" class="count">Bytes</th><th scope="col">Range</th>${heads.map((head) => html`<th scope="col" class="count">${head}</th>`)}</tr></thead><tbody>${largest.map((weight) => weightRow(weight, range))}</tbody></table></div>`;
}

function weightRow({ name: own, dataType, sizeBytes, statistics }: WeightValues, range: number): Html {
  const zeros = statistics === null || statistics.count === 0 ? null : statistics.zeroCount / statistics.count;
  const figures = [statistics?.min, statistics?.max, statistics?.mean, statistics?.standardDeviation];
  return html`<tr><th scope="row">${name(own)}</th><td>${dataType ?? '–'}</td><td class="count">${formatBytes(sizeBytes)}</td><td class="range">${rangeBar(statistics?.min, statistics?.max, range)}</td>${figures.map((figure) => html`<td class="count">${figure == null ? '–' : short(figure)}</td>`)}<td class="count">${zeros === null ? '–' : formatRatio(zeros, zeros > 0 && zeros < 0.1 ? 1 : 0)}</td></tr>`;
}

/** Half of the width of the range column, in the unit of the values: what nine of ten of the listed weights stay within. */
function rangeOf(tensors: readonly WeightValues[]): number {
  const sizes = tensors
    .flatMap(({ statistics }) =>
      statistics === null ? [] : [Math.max(Math.abs(statistics.min ?? 0), Math.abs(statistics.max ?? 0))],
    )
    .filter((size) => Number.isFinite(size) && size > 0)
    .sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length * 0.9)] ?? 1;
}

/** Where the values lie around zero, on one scale for all weights; what is beyond it is cut at the edge. */
function rangeBar(min: number | null | undefined, max: number | null | undefined, range: number): Html | undefined {
  if (min == null || max == null || !Number.isFinite(min) || !Number.isFinite(max)) return undefined;
  const at = (value: number): number => Math.round((50 + 50 * Math.max(-1, Math.min(1, value / range))) * 10) / 10;
  const [left, right] = [at(min), at(max)];
  return html`<svg class="bar span" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" y="2" width="100" height="4"/><rect class="parameters" x="${left}" y="2" width="${Math.max(0.8, Math.round((right - left) * 10) / 10)}" height="4"/><path d="M50 0V8"/></svg>`;
}

function duplicateTable({ duplicates }: DeepFacts): Html | undefined {
  if (duplicates.length === 0) return undefined;
  const rows = duplicates.slice(0, MOST_DUPLICATES);
  const more = duplicates.length - rows.length;
  return html`<h3>Equal weights</h3><div class="scroll" tabindex="0" role="region" aria-label="Equal weights"><table><thead><tr><th scope="col">Weights</th><th scope="col" class="count">Copies</th><th scope="col" class="count">Bytes each</th></tr></thead><tbody>${rows.map(duplicateRow)}</tbody></table></div>${more > 0 && html`<p class="note">and ${more} more groups</p>`}`;
}

function duplicateRow({ names, sizeBytes }: DuplicateWeights): Html {
  const shown = names.slice(0, NAMES_OF_DUPLICATE);
  return html`<tr><th scope="row">${shown.map((one, index) => html`${index > 0 && ', '}${name(one)}`)}${names.length > shown.length && ' …'}</th><td class="count">${names.length}</td><td class="count">${formatBytes(sizeBytes)}</td></tr>`;
}

/** Three digits; very large and very small ones as powers of ten. */
function short(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e6)) return String(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
