/** The costs in the report of `nimify analyze`: totals, where they are, and what a device needs. */
import type { CostFacts, NodeCost } from '../../analysis/costs/facts.ts';
import { formatBytes, formatCount, formatRatio } from '../../base/units.ts';
import { type Cell, prose, table, title } from '../layout.ts';
import { leavesOf } from '../leaf-costs.ts';
import type { Style } from '../style.ts';
import { NOTHING } from './figures.ts';

/** Operators and nodes that a table shows, and the share from which on an operator is worth a row. */
const ROWS = 5;
const WORTH_SHOWING = 0.01;
const BAR_CELLS = 10;

type Fact = readonly [string, string | undefined];

export function costFacts(costs: CostFacts | null): Fact[] {
  if (costs === null) return [['Compute', 'not known: shapes are not known']];
  return [
    ['Compute', computeText(costs)],
    ['Sizes', sizesText(costs)],
    ['Memory', memoryText(costs)],
    ['KV cache', cacheText(costs)],
  ];
}

function computeText({ macs, flops, arithmeticIntensity, certainty }: CostFacts): string {
  if (macs === null && flops === null) return bindHint(certainty.macs ?? '');
  const figures = [
    macs !== null && `${formatCount(macs)} MACs`,
    flops !== null && `${formatCount(flops)} FLOPs`,
    arithmeticIntensity !== null && `${arithmeticIntensity.toFixed(1)} FLOPs per byte`,
  ];
  const text = figures.filter(Boolean).join(' · ');
  const { macs: doubt = 'exact' } = certainty;
  return doubt === 'exact' ? text : `${text} (${doubt})`;
}

/** `not known: bind height, width` → with the flag to type. */
function bindHint(certainty: string): string {
  return certainty.replace(
    /bind (.*)$/,
    (_, names: string) => `give sizes with --bind ${names.split(', ').join('=…,')}=…`,
  );
}

function sizesText({ bindings, assumed }: CostFacts): string | undefined {
  const sizes = Object.entries(bindings);
  if (sizes.length === 0) return undefined;
  const text = sizes.map(([name, size]) => `${name} ${size}`).join(' · ');
  if (assumed.length === 0) return text;
  const which = assumed.length === sizes.length ? 'assumed' : `${assumed.join(', ')} assumed`;
  return `${text} (${which}; --bind sets others)`;
}

function memoryText({ peakActivationBytes, peakNode }: CostFacts): string | undefined {
  if (peakActivationBytes === null) return undefined;
  const where = peakNode === null ? '' : `, at ${peakNode}`;
  return `${formatBytes(peakActivationBytes)} of activations at the peak${where}`;
}

function cacheText({ kvCache }: CostFacts): string | undefined {
  if (kvCache === null) return undefined;
  const { layers, heads, headSize, dataType, bytesPerToken } = kvCache;
  return `${formatBytes(bytesPerToken)} per token: ${layers} layers × ${heads} heads × ${headSize}, ${dataType}`;
}

interface Share {
  readonly operator: string;
  readonly macs: number;
  readonly parameters: number;
}

/** @param counts operator → nodes, the most frequent first */
export function operatorTable(
  style: Style,
  costs: CostFacts | null,
  counts: Readonly<Record<string, number>>,
): string[] {
  const operators = Object.entries(counts);
  if (operators.length === 0) return [];
  const shares = sharesOf(leavesOf(costs?.nodes ?? []));
  const rows = shares.filter(({ macs, parameters }) => Math.max(macs, parameters) >= WORTH_SHOWING).slice(0, ROWS);
  const shown = new Set(rows.map(({ operator }) => operator));
  const others = operators.filter(([operator]) => !shown.has(operator));
  const text = others.map(([operator, count]) => `${operator}\u00a0${count}`).join(' · ');
  if (rows.length === 0) return [title(style, 'Operators'), ...prose(style, text)];
  const columns = [
    { title: '', shrink: 'cut' },
    { title: 'nodes', align: 'right' },
    { title: 'MACs', align: 'right' },
    { title: '' },
    { title: 'parameters', align: 'right' },
    { title: '' },
  ] as const;
  const lines = rows.map(({ operator, macs, parameters }): Cell[] => [
    operator,
    String(counts[operator] ?? 0),
    ratio(macs),
    bar(macs),
    ratio(parameters),
    bar(parameters),
  ]);
  return [
    title(style, 'Operators'),
    ...table(style, columns, lines),
    ...(text === '' ? [] : prose(style, text, 'dim')),
  ];
}

function sharesOf(nodes: readonly NodeCost[]): Share[] {
  const sums = new Map<string, { macs: number; parameters: number }>();
  const all = { macs: 0, parameters: 0 };
  for (const { operator, macs, parameterCount } of nodes) {
    const sum = sums.get(operator) ?? { macs: 0, parameters: 0 };
    sums.set(operator, { macs: sum.macs + (macs ?? 0), parameters: sum.parameters + parameterCount });
    all.macs += macs ?? 0;
    all.parameters += parameterCount;
  }
  return [...sums]
    .map(([operator, { macs, parameters }]) => ({
      operator,
      macs: macs / (all.macs || 1),
      parameters: parameters / (all.parameters || 1),
    }))
    .sort((a, b) => b.macs + b.parameters - (a.macs + a.parameters) || (a.operator < b.operator ? -1 : 1));
}

function ratio(share: number): Cell {
  return share === 0 ? { text: NOTHING, tone: 'dim' } : formatRatio(share);
}

function bar(share: number): Cell {
  return { text: '━'.repeat(Math.round(share * BAR_CELLS)), tone: 'cyan' };
}

export function nodeTable(style: Style, costs: CostFacts | null): string[] {
  const leaves = leavesOf(costs?.nodes ?? []);
  const total = leaves.reduce((sum, { macs }) => sum + (macs ?? 0), 0);
  const nodes = leaves.filter(({ macs }) => (macs ?? 0) > 0).sort((a, b) => (b.macs ?? 0) - (a.macs ?? 0));
  if (nodes.length <= 1) return [];
  const columns = [
    { title: '', shrink: 'cut' },
    { title: '' },
    { title: 'MACs', align: 'right' },
    { title: '', align: 'right' },
    { title: 'parameters', align: 'right' },
  ] as const;
  const rows = nodes
    .slice(0, ROWS)
    .map(({ node, operator, macs, parameterCount }): Cell[] => [
      node,
      { text: operator, tone: 'cyan' },
      formatCount(macs ?? 0),
      formatRatio((macs ?? 0) / total),
      parameterCount === 0 ? { text: NOTHING, tone: 'dim' } : formatCount(parameterCount),
    ]);
  return [title(style, 'Costliest nodes'), ...table(style, columns, rows)];
}

const DEVICE_NOTE = 'estimated; int8 and int4 are for weights: int4 for those of MatMul, Gemm and Gather only';

/** Batches down, precisions across. */
export function deviceTable(style: Style, costs: CostFacts | null): string[] {
  const memory = costs?.deviceMemory ?? [];
  if (memory.length === 0) return [];
  const precisions = [...new Set(memory.map(({ precision }) => precision))];
  const batches = [...new Set(memory.map(({ batch }) => batch))];
  const rows = batches.map((batch): Cell[] => [
    `batch ${batch}`,
    ...precisions.map((precision) => {
      const found = memory.find((one) => one.batch === batch && one.precision === precision);
      return found === undefined ? NOTHING : formatBytes(found.totalBytes);
    }),
  ]);
  const columns = [{ title: '' }, ...precisions.map((precision) => ({ title: precision, align: 'right' as const }))];
  return [title(style, 'Memory of a device'), ...table(style, columns, rows), ...prose(style, DEVICE_NOTE, 'dim')];
}
