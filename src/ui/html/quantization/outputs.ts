/** How near each output of the chosen candidate is to that of the original. */
import { formatRatio } from '../../../base/units.ts';
import type { OutputComparison } from '../../../evaluation/evaluation.ts';
import type { QuantizationReport } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { type Html, html, name } from '../markup.ts';

export function outputSection({ candidates, chosen }: QuantizationReport): Section | null {
  const candidate = candidates.find(({ id }) => id === chosen);
  if (candidate === undefined || candidate.outputs.length === 0) return null;
  const heads = ['SQNR', 'Cosine', 'Largest error', 'Agreement', 'NaN or infinite'];
  const body = html`<p class="note">Of ${candidate.label}, over all samples of the evaluation.</p><div class="scroll" tabindex="0" role="region" aria-label="Outputs"><table class="outputs"><thead><tr><th scope="col">Output</th>${heads.map((head) => html`<th scope="col" class="count">${head}</th>`)}</tr></thead><tbody>${candidate.outputs.map(row)}</tbody></table></div>`;
  return { id: 'outputs', title: 'Outputs', body };
}

function row(output: OutputComparison): Html {
  const { sqnrDb, isEqual, cosine, maxAbsError, notFinite, decisionAgreement, top1Agreement } = output;
  const agreement = decisionAgreement ?? top1Agreement;
  const figures = [
    isEqual ? 'equal' : sqnrDb === null ? '–' : `${sqnrDb.toFixed(1)} dB`,
    cosine === null ? '–' : cosine.toFixed(5),
    maxAbsError === 0 ? '0' : maxAbsError.toPrecision(3),
    agreement === null ? '–' : formatRatio(agreement, 1),
    String(notFinite),
  ];
  return html`<tr><th scope="row">${name(output.name)}${output.isState === true && html` <small>carried state</small>`}</th>${figures.map((figure) => html`<td class="count">${figure}</td>`)}</tr>`;
}
