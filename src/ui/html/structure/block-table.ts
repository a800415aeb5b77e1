/** The blocks once more as a table: what a diagram has no room for, and what a screen reader reads. */
import type { Block, BlockGraph } from '../../../analysis/blocks/facts.ts';
import { truncate } from '../../text.ts';
import { type Html, html, name } from '../markup.ts';
import { type Amounts, amountCell, amountsOf, METRICS } from '../metrics.ts';
import { blockShapeText, operatorSummary, shortTitle } from './words.ts';

const LONGEST_TITLE = 90;
const COLUMNS = METRICS.length + 3;

export function blockTable(graph: BlockGraph, total: Amounts): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of blocks"><table class="blocks"><thead><tr><th scope="col">Block</th><th scope="col" class="operators">Operators</th><th scope="col" class="shape">Output</th>${METRICS.map(({ label, explanation }) => html`<th scope="col" class="amount" title="${explanation}">${label}</th>`)}</tr></thead><tbody>${rows(graph, '', 0, total)}</tbody></table></div>`;
}

function rows(graph: BlockGraph, path: string, depth: number, total: Amounts): Html[] {
  return graph.blocks.flatMap((block, index) => {
    const id = `${path}${index}`;
    return [
      row(block, id, depth, total),
      ...block.inside.flatMap((inside, part) => [
        ...(inside.title === '' ? [] : [captionRow(inside.title, depth + 1)]),
        ...rows(inside.graph, `${id}-${part}-`, depth + 1, total),
      ]),
    ];
  });
}

function captionRow(title: string, depth: number): Html {
  return html`<tr class="part depth-${depth}"><th scope="rowgroup" colspan="${COLUMNS}">${name(title)}</th></tr>`;
}

function row(block: Block, id: string, depth: number, total: Amounts): Html {
  const amounts = amountsOf(block);
  const shape = blockShapeText(block.outputShape);
  const times =
    block.repeat > 1 && html` <span class="times">×${block.repeat}${block.isParallel && ' in parallel'}</span>`;
  return html`<tr id="block-${id}" class="depth-${depth}"><th scope="row" title="${block.title}">${name(truncate(shortTitle(block.title), LONGEST_TITLE, 'middle'))}${times}</th><td class="operators">${operatorSummary(block.operators)}</td><td class="shape" title="${shape}">${shape}</td>${METRICS.map((metric) => amountCell(metric, amounts[metric.id], total[metric.id]))}</tr>`;
}
