/** Which targets take the model, and what stands in the way. */
import type { Compatibility, Verdict } from '../../analysis/compatibility/facts.ts';
import type { Section } from './document.ts';
import { findingList } from './findings.ts';
import { type Html, html } from './markup.ts';
import type { PageFacts } from './page.ts';

const TARGET_NAMES: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  cuda: 'CUDA',
  tensorrt: 'TensorRT',
  triton: 'Triton',
  openvino: 'OpenVINO',
};

const VERDICTS: Readonly<Record<Verdict, string>> = {
  runs: 'runs',
  partly: 'runs in part',
  refused: 'refused',
  unknown: 'not known',
};

export function compatibilitySection({ analysis }: PageFacts): Section | null {
  const { compatibility } = analysis;
  if (compatibility.length === 0) return null;
  return { id: 'targets', title: 'Targets', body: html`<div class="targets">${compatibility.map(target)}</div>` };
}

/** One line in the header: enough for most readers. */
export function targetLine(compatibility: readonly Compatibility[]): Html | undefined {
  if (compatibility.length === 0) return undefined;
  return html`<ul class="verdicts">${compatibility.map(({ target: id, verdict }) => html`<li class="${verdict}"><a href="#target-${id}">${TARGET_NAMES[id] ?? id}</a> <span>${VERDICTS[verdict]}</span></li>`)}</ul>`;
}

function target({ target: id, version, verdict, findings }: Compatibility): Html {
  const head = html`<span class="target">${TARGET_NAMES[id] ?? id}</span> <span class="verdict ${verdict}">${VERDICTS[verdict]}</span> <span class="version">${version}</span>`;
  if (findings.length === 0) return html`<div class="entry" id="target-${id}"><h3>${head}</h3></div>`;
  const isGrave = findings.some(({ severity }) => severity !== 'info');
  const count = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
  return html`<details class="entry" id="target-${id}"${isGrave && ' open'}><summary><h3>${head}</h3> <span class="number">${count}</span></summary>${findingList(findings)}</details>`;
}
