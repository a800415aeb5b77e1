/** How compute, parameters and activations spread over the kinds of operators. */

import type { NodeCost } from '../../analysis/costs/facts.ts';
import type { Analysis } from '../../analysis/facts.ts';
import { leavesOf } from '../leaf-costs.ts';
import { type Html, html, name } from './markup.ts';
import { type Amounts, addAmounts, amountCell, METRICS } from './metrics.ts';

/** Kinds beyond it are together in one row. */
const MOST_ROWS = 14;

interface OperatorRow {
  readonly label: string;
  readonly count: number;
  readonly amounts: Amounts;
}

export function operatorTable({ operators, costs }: Analysis): Html {
  const leaves = leavesOf(costs?.nodes ?? []);
  const total = addAmounts(leaves.map(amountsOfNode));
  const rows = gathered(rowsOf(operators, leaves), total);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of operators"><table class="operators"><thead><tr><th scope="col">Operator</th><th scope="col" class="count">Nodes</th>${METRICS.map(({ label, explanation }) => html`<th scope="col" class="amount" title="${explanation}">${label}</th>`)}</tr></thead><tbody>${rows.map(({ label, count, amounts }) => html`<tr><th scope="row">${name(label)}</th><td class="count">${count}</td>${METRICS.map((metric) => amountCell(metric, amounts[metric.id], total[metric.id]))}</tr>`)}</tbody></table></div>`;
}

function rowsOf(operators: Analysis['operators'], nodes: readonly NodeCost[]): OperatorRow[] {
  const byOperator = new Map<string, Amounts[]>();
  for (const node of nodes) {
    const list = byOperator.get(node.operator);
    if (list === undefined) byOperator.set(node.operator, [amountsOfNode(node)]);
    else list.push(amountsOfNode(node));
  }
  const unknown: Amounts = { macs: null, parameters: null, activations: null };
  return Object.entries(operators).map(([label, count]) => {
    const known = byOperator.get(label);
    return { label, count, amounts: known === undefined ? unknown : addAmounts(known) };
  });
}

function amountsOfNode({ macs, parameterCount, outputBytes }: NodeCost): Amounts {
  return { macs, parameters: parameterCount, activations: outputBytes };
}

/** Those that matter in any of the three ways first. */
function gathered(rows: readonly OperatorRow[], total: Amounts): OperatorRow[] {
  const weight = ({ amounts }: OperatorRow): number =>
    Math.max(...METRICS.map(({ id }) => ((amounts[id] ?? 0) / (total[id] || 1)) * (id === 'macs' ? 1.01 : 1)));
  const sorted = [...rows].sort((a, b) => weight(b) - weight(a) || b.count - a.count);
  if (sorted.length <= MOST_ROWS) return sorted;
  const rest = sorted.slice(MOST_ROWS - 1);
  const label = `${rest.length} more`;
  const count = rest.reduce((sum, row) => sum + row.count, 0);
  return [...sorted.slice(0, MOST_ROWS - 1), { label, count, amounts: addAmounts(rest.map(({ amounts }) => amounts)) }];
}
