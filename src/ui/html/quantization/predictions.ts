/** A few samples with their largest values, before and after. */
import type { QuantizationReport, ReportPrediction, ReportScore } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { type Html, html, name } from '../markup.ts';
import { counted } from './figures.ts';

const MOST_SAMPLES = 12;

export function predictionSection({ predictions, candidates, chosen }: QuantizationReport): Section | null {
  if (predictions.length === 0) return null;
  const label = candidates.find(({ id }) => id === chosen)?.label ?? 'candidate';
  const changed = predictions.filter(isChanged).length;
  const note =
    changed === 0
      ? 'The first place is the same in each of them.'
      : `In ${changed} of them, the first place is another one.`;
  const shown = predictions.slice(0, MOST_SAMPLES);
  const body = html`<p class="note">The largest values of ${counted(predictions.length, 'sample')}, of the original and of ${label}. ${note}</p><div class="cards">${shown.map(card)}</div>`;
  return { id: 'predictions', title: 'Samples side by side', body };
}

function isChanged({ original, candidate }: ReportPrediction): boolean {
  return original[0]?.index !== candidate[0]?.index;
}

function card(prediction: ReportPrediction): Html {
  const { sample, output, original, candidate } = prediction;
  const indices = [...new Set([...original, ...candidate].map(({ index }) => index))];
  const most = Math.max(...[...original, ...candidate].map(({ score }) => Math.abs(score)), Number.MIN_VALUE);
  const label = (index: number): string =>
    [...original, ...candidate].find((one) => one.index === index)?.label ?? String(index);
  const [first] = original;
  const head = first?.label === undefined ? 'Index' : first.label.startsWith('[') ? 'Place' : 'Label';
  const rows = indices.map((index) => {
    const cell = (scores: readonly ReportScore[]): Html => scoreCell(scores, index, most);
    return html`<tr><th scope="row">${name(label(index))}</th>${cell(original)}${cell(candidate)}</tr>`;
  });
  return html`<div class="card${isChanged(prediction) && ' changed'}"><h3>Sample ${sample} <span>${name(output)}</span></h3><table><thead><tr><th scope="col">${head}</th><th scope="col" class="count">Original</th><th scope="col" class="count">Quantized</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function scoreCell(scores: readonly ReportScore[], index: number, most: number): Html {
  const place = scores.findIndex((one) => one.index === index);
  const found = scores[place];
  if (found === undefined) return html`<td class="count unknown">–</td>`;
  const width = Math.round((Math.abs(found.score) / most) * 1000) / 10;
  return html`<td class="count${place === 0 && ' first'}">${shortNumber(found.score)}<svg class="bar macs" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect width="${width}" height="4"/></svg></td>`;
}

/** Four digits; very small and very large ones as powers of ten. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}
