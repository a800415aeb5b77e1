/** Which parts of the model suffer most from integers: each was quantized alone. */
import { formatBytes } from '../../../base/units.ts';
import type { QuantizationReport, ReportSensitivity } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { type Html, html, name } from '../markup.ts';
import { counted } from './figures.ts';

const SHOWN = 16;

export function sensitivitySection({ sensitivity, candidates, chosen }: QuantizationReport): Section | null {
  if (sensitivity.length === 0) return null;
  const sorted = [...sensitivity].sort(
    (a, b) => (a.sqnrDb ?? Number.POSITIVE_INFINITY) - (b.sqnrDb ?? Number.POSITIVE_INFINITY),
  );
  const most = noiseOf(sorted[0] as ReportSensitivity);
  const excluded = candidates.find(({ id }) => id === chosen)?.options.excludeNodes;
  const float = new Set(Array.isArray(excluded) ? excluded.map(String) : []);
  const rows = (list: readonly ReportSensitivity[]): Html => table(list, most, float);
  const rest = sorted.slice(SHOWN);
  const note = html`<p class="note">Each part was quantized alone. The bar is the noise that this brings into the outputs, against the part that brings most.</p>`;
  const folded =
    rest.length > 0 &&
    html`<details class="more"><summary>${counted(rest.length, 'part')} with less noise</summary>${rows(rest)}</details>`;
  return { id: 'sensitivity', title: 'Sensitivity', body: html`${note}${rows(sorted.slice(0, SHOWN))}${folded}` };
}

/** Amplitude of the noise over that of the signal. */
function noiseOf({ sqnrDb }: ReportSensitivity): number {
  return sqnrDb === null ? 0 : 10 ** (-sqnrDb / 20);
}

function table(list: readonly ReportSensitivity[], most: number, float: ReadonlySet<string>): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sensitivity of parts"><table class="sensitivity"><thead><tr><th scope="col">Part</th><th scope="col">Operator</th><th scope="col" class="count">Weights</th><th scope="col" class="count">SQNR</th><th scope="col" class="noise">Noise</th></tr></thead><tbody>${list.map((part) => row(part, most, float))}</tbody></table></div>`;
}

function row(part: ReportSensitivity, most: number, float: ReadonlySet<string>): Html {
  const { group, operator, nodes, sqnrDb, weightBytes } = part;
  const width = most === 0 ? 0 : Math.round((noiseOf(part) / most) * 1000) / 10;
  const isFloat = nodes.length > 0 && nodes.every((node) => float.has(node));
  const count = nodes.length > 1 ? ` × ${nodes.length}` : '';
  return html`<tr><th scope="row">${name(group)}${isFloat && html` <span class="tag">stays float</span>`}</th><td>${operator}${count}</td><td class="count">${formatBytes(weightBytes)}</td><td class="count">${sqnrDb === null ? 'equal' : `${sqnrDb.toFixed(1)} dB`}</td><td class="noise"><svg class="bar activations" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect width="${width}" height="4"/></svg></td></tr>`;
}
