/** Where the samples came from, and with what all this was made. */
import type { QuantizationReport, ReportData } from '../../../pipeline/quantization-report.ts';
import type { Section } from '../document.ts';
import { type Html, type HtmlValue, html, name } from '../markup.ts';
import { counted } from './figures.ts';

export function dataSection(report: QuantizationReport): Section {
  const { data, model, tool, candidates, chosen } = report;
  const options = candidates.find(({ id }) => id === chosen)?.options ?? {};
  const rows: readonly (readonly [string, HtmlValue])[] = [
    ['Calibration', data.calibration === null ? 'none was needed' : samples(data.calibration)],
    ['Evaluation', samples(data.evaluation)],
    ['Original', model.sha256 !== '' && html`<code>sha256 ${model.sha256}</code>`],
    ['Options', optionList(options)],
    ['Made with', `nimify ${tool.nimify}${tool.onnxruntime === null ? '' : `, ONNX Runtime ${tool.onnxruntime}`}`],
  ];
  const given = rows.filter(([, value]) => value !== undefined && value !== false);
  return {
    id: 'data',
    title: 'Data and settings',
    body: html`<dl class="facts">${given.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`,
  };
}

function samples({ origin, digest, samples: count, isRandom, preparation }: ReportData): Html {
  const what = isRandom
    ? html`${counted(count, 'sample')} of random noise`
    : html`${counted(count, 'sample')} from ${name(origin)}`;
  return html`${what}${preparation !== '' && html`<small>${preparation}</small>`}${digest !== '' && html`<small><code>${digest}</code></small>`}`;
}

function optionList(options: Readonly<Record<string, unknown>>): Html | undefined {
  const entries = Object.entries(options);
  if (entries.length === 0) return undefined;
  return html`<ul class="options">${entries.map(([key, value]) => html`<li><code>${key}</code> ${optionText(value)}</li>`)}</ul>`;
}

function optionText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
