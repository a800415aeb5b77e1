/** Where it all sits: the diagram of blocks, and how compute, parameters and activations spread over blocks and operators. */

import type { Section } from '../document.ts';
import { type Html, html } from '../markup.ts';
import type { Amounts } from '../metrics.ts';
import { addAmounts, amountsOf, METRICS } from '../metrics.ts';
import { operatorTable } from '../operators.ts';
import type { PageFacts } from '../page.ts';
import { blockTable } from './block-table.ts';
import { diagramOf, diagramWidth } from './diagram.ts';

/** A diagram up to here leaves room for the tables beside it. */
const NARROW_PX = 620;

export function structureSection({ analysis, picture }: PageFacts): Section | null {
  const { blocks } = picture;
  if (blocks.blocks.length === 0) return null;
  const total = addAmounts(blocks.blocks.map(amountsOf));
  const diagram = diagramOf(blocks, total);
  const layout = diagramWidth(diagram) <= NARROW_PX ? 'beside' : 'below';
  const body = html`<div class="structure ${layout}">${switches(total)}<div class="canvas" tabindex="0" role="region" aria-label="Block diagram">${diagram}</div><div class="tables"><h3>Blocks</h3>${blockTable(blocks, total)}<h3>Operators</h3>${operatorTable(analysis)}</div></div>`;
  return { id: 'structure', title: 'Structure', body };
}

/** Radio buttons that need no script: the style sheet shows what the checked one stands for. */
function switches(total: Amounts): Html {
  const first = METRICS.find(({ id }) => total[id] !== null) ?? METRICS[0];
  return html`<fieldset class="switch"><legend>Colour by</legend>${METRICS.map(({ id, label, explanation }) => html`<label title="${explanation}"><input type="radio" name="metric" value="${id}" id="by-${id}"${id === first?.id && ' checked'}${total[id] === null && ' disabled'}><span>${label}</span></label>`)}<span class="legend" aria-hidden="true">less<i class="l1"></i><i class="l2"></i><i class="l3"></i><i class="l4"></i><i class="l5"></i><i class="l6"></i>more</span></fieldset>`;
}
