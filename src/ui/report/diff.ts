/** What `nimify diff` prints for people: the gist first, then lists that are cut where they get long. */
import type { Finding } from '../../base/findings.ts';
import { formatBytes, formatRatio } from '../../base/units.ts';
import type { Change, InterfaceChange, ModelDiff, NodeChange, NodeRef, WeightRef } from '../../diff/facts.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import { findingList } from '../findings.ts';
import { type Cell, facts, headline, page, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { formatShape, NOTHING } from './figures.ts';

/** Lines of a list; --json has all. */
const SHOWN = 12;

export function diffReport(style: Style, diff: ModelDiff, findings: readonly Finding[]): string {
  return page(
    headline(style, verdict(diff)),
    sizes(style, diff),
    changeTable(style, 'Format', [...diff.opsets.map(opsetChange), ...diff.format]),
    interfaceTable(style, 'Inputs', diff.inputs),
    interfaceTable(style, 'Outputs', diff.outputs),
    changeTable(style, 'Operators', diff.operators.map(numbered)),
    precisionTable(style, diff),
    nodeList(style, diff),
    weightList(style, diff),
    findingList(style, findings),
  );
}

function verdict({ isEqual, nodes, weights, inputs, outputs }: ModelDiff): string {
  if (isEqual) return 'The models are equal: the same graph with the same weights.';
  const changed = weights.changed.length + weights.added.length + weights.removed.length;
  const isSameGraph = nodes.added.length + nodes.removed.length + nodes.changed.length === 0;
  if (isSameGraph && changed > 0) return `The same graph, with ${plural(changed, 'other weight')}.`;
  const isSameInterface = inputs.length + outputs.length === 0;
  if (isSameGraph && isSameInterface && weights.renamed.length === 0) {
    return 'The same nodes and weights; what the model says about itself differs.';
  }
  const callers = isSameInterface ? 'inputs and outputs are the same' : 'inputs or outputs differ';
  return `The graphs differ; ${callers}.`;
}

function sizes(style: Style, { before, after, nodes, weights }: ModelDiff): string[] {
  const arrow = (a: string, b: string): string => (a === b ? a : `${a} → ${b}`);
  const ratio = before.sizeBytes === 0 ? '' : ` (${formatRatio(after.sizeBytes / before.sizeBytes)})`;
  return facts(style, [
    ['Before', before.path],
    ['After', after.path],
    ['Size', arrow(formatBytes(before.sizeBytes), formatBytes(after.sizeBytes)) + ratio],
    ['Nodes', `${arrow(String(before.nodeCount), String(after.nodeCount))}, ${nodes.unchangedCount} unchanged`],
    ['Weights', `${weights.unchangedCount} unchanged (${formatBytes(weights.unchangedBytes)})`],
  ]);
}

function opsetChange({ what, before, after }: Change<number | null>): Change {
  return { what: `opset ${what}`, before: before?.toString() ?? null, after: after?.toString() ?? null };
}

function numbered({ what, before, after }: Change<number>): Change {
  return { what, before: String(before), after: String(after) };
}

function changeTable(style: Style, name: string, changes: readonly Change[]): string[] {
  if (changes.length === 0) return [];
  const rows = changes.slice(0, SHOWN).map((change) => [change.what, ...sides(change)]);
  const columns = [
    { title: '', shrink: 'cut' as const },
    { title: 'Before' },
    { title: 'After', shrink: 'cut' as const },
  ];
  return [title(style, name), ...table(style, columns, rows), ...more(style, changes.length)];
}

function sides({ before, after }: Change): Cell[] {
  return [
    { text: before ?? NOTHING, tone: 'red' },
    { text: after ?? NOTHING, tone: 'green' },
  ];
}

function interfaceTable(style: Style, name: string, changes: readonly InterfaceChange[]): string[] {
  const text = (info: TensorInfo | null): string | null =>
    info === null ? null : `${info.dataType ?? 'not a tensor'} ${formatShape(info.shape)}`;
  return changeTable(
    style,
    name,
    changes.map(({ name: what, before, after }) => ({ what, before: text(before), after: text(after) })),
  );
}

function precisionTable(style: Style, { weights }: ModelDiff): string[] {
  const changed = weights.precision.filter(({ before, after }) => before !== after);
  const rows = changed.map(({ what, before, after }) => ({
    what,
    before: formatBytes(before),
    after: formatBytes(after),
  }));
  return changeTable(style, 'Weights by type', rows);
}

function nodeList(style: Style, { nodes }: ModelDiff): string[] {
  const lines: Cell[][] = [
    ...nodes.removed.map((node) => mark('−', 'red', node, '')),
    ...nodes.added.map((node) => mark('+', 'green', node, '')),
    ...nodes.changed.map((node) => mark('~', 'yellow', node, changeText(node))),
  ];
  return marked(style, 'Nodes', lines);
}

function mark(
  sign: string,
  tone: 'red' | 'green' | 'yellow',
  { node, operator, place }: NodeRef,
  text: string,
): Cell[] {
  const where = place.length === 0 ? node : `${place.join('/')}/${node}`;
  return [{ text: sign, tone }, operator, where, { text, tone: 'dim' }];
}

function changeText({ changes }: NodeChange): string {
  const first = changes
    .slice(0, 2)
    .map(({ what, before, after }) => `${what}: ${before ?? NOTHING} → ${after ?? NOTHING}`);
  return [...first, ...(changes.length > 2 ? [`${changes.length - 2} more`] : [])].join(', ');
}

function weightList(style: Style, { weights }: ModelDiff): string[] {
  const text = ({ dataType, dims }: WeightRef): string => `${dataType ?? 'unknown'} ${formatShape(dims)}`;
  const line = (sign: string, tone: 'red' | 'green' | 'yellow' | 'dim', name: string, rest: string): Cell[] => [
    { text: sign, tone },
    name,
    { text: rest, tone: 'dim' },
  ];
  const lines = [
    ...weights.removed.map((weight) => line('−', 'red', weight.name, text(weight))),
    ...weights.added.map((weight) => line('+', 'green', weight.name, text(weight))),
    ...weights.changed.map(({ before, after }) => {
      const [was, is] = [text(before), text(after)];
      const what = was === is ? `${is}, other values` : `${was} → ${is}`;
      return line('~', 'yellow', before.name, before.name === after.name ? what : `${what}, now ${after.name}`);
    }),
    ...weights.renamed.map(({ before, after }) => line('=', 'dim', before, `now ${after}`)),
  ];
  return marked(style, 'Weights', lines);
}

function marked(style: Style, name: string, lines: readonly Cell[][]): string[] {
  if (lines.length === 0) return [];
  const width = lines[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, index) =>
    index === width - 1
      ? { title: '', shrink: 'wrap' as const }
      : { title: '', ...(index > 0 && { shrink: 'cut' as const }) },
  );
  return [title(style, name), ...table(style, columns, lines.slice(0, SHOWN)), ...more(style, lines.length)];
}

function more(style: Style, total: number): string[] {
  return total > SHOWN ? prose(style, `and ${total - SHOWN} more; --json lists all`, 'dim') : [];
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
