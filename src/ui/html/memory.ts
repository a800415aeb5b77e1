/** Memory: how much lives while the nodes run one after the other, and what a device needs by precision and batch. */
import type { CostFacts, DeviceMemory } from '../../analysis/costs/facts.ts';
import { formatBytes } from '../../base/units.ts';
import { courseChart } from './course-chart.ts';
import type { Section } from './document.ts';
import { type Html, html } from './markup.ts';
import type { PageFacts } from './page.ts';

export function memorySection({ analysis, picture }: PageFacts): Section | null {
  const { costs } = analysis;
  const live = costs?.liveBytes ?? [];
  const nodes = (costs?.nodes ?? []).slice(0, live.length).map(({ node }) => node);
  const chart = live.length === 0 ? undefined : courseChart(live, nodes, picture.blocks);
  const device = costs === null || costs.deviceMemory.length === 0 ? undefined : deviceTable(costs);
  if (chart === undefined && device === undefined) return null;
  return { id: 'memory', title: 'Memory', body: html`${chart}${device}` };
}

function deviceTable({ deviceMemory: rows, certainty }: CostFacts): Html {
  const most = Math.max(...rows.map(({ totalBytes }) => totalBytes));
  const hasCache = rows.some(({ kvCacheBytes }) => kvCacheBytes > 0);
  const basis = (certainty.deviceMemory ?? '').replace(/^estimate: /, 'An estimate: ');
  return html`<h3>On a device</h3><p class="note">${basis}${basis !== '' && '.'}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Device memory"><table class="device"><thead><tr><th scope="col">Precision</th><th scope="col" class="count">Batch</th><th scope="col" class="count of of-parameters">Weights</th><th scope="col" class="count of of-activations">Activations</th>${hasCache && html`<th scope="col" class="count of of-cache">KV cache</th>`}<th scope="col" class="total">Total</th></tr></thead><tbody>${rows.map((row) => deviceRow(row, most, hasCache))}</tbody></table></div>`;
}

function deviceRow(row: DeviceMemory, most: number, hasCache: boolean): Html {
  const { precision, batch, weightBytes, activationBytes, kvCacheBytes, totalBytes } = row;
  const scale = (bytes: number): number => Math.round((bytes / most) * 1000) / 10;
  const parts = [
    { kind: 'parameters', width: scale(weightBytes) },
    { kind: 'activations', width: scale(activationBytes) },
    { kind: 'cache', width: scale(kvCacheBytes) },
  ];
  let x = 0;
  const rects = parts.map(({ kind, width }) => {
    const at = x;
    x += width;
    return html`<rect class="${kind}" x="${Math.round(at * 10) / 10}" width="${width}" height="4"/>`;
  });
  return html`<tr><th scope="row">${precision}</th><td class="count">${batch}</td><td class="count">${formatBytes(weightBytes)}</td><td class="count">${formatBytes(activationBytes)}</td>${hasCache && html`<td class="count">${formatBytes(kvCacheBytes)}</td>`}<td class="total"><span class="number">${formatBytes(totalBytes)}</span><svg class="bar stacked" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">${rects}</svg></td></tr>`;
}
