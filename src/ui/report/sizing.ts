/** How `nimify create --rps` chose the set-up of a service: what was measured, and the arithmetic. */
import type { SizingResult } from '../../pipeline/requests.ts';
import { type Cell, type Column, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'Instances', align: 'right' },
  { title: 'Batch', align: 'right' },
  { title: 'p50', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'Requests/s', align: 'right' },
  { title: 'Worst', align: 'right' },
  { title: 'Replicas', align: 'right' },
];

export function sizingBlock(style: Style, sizing: SizingResult | null): string[] {
  if (sizing === null) return [];
  const { options, chosen, arithmetic, hardware, requestsPerSecond } = sizing;
  const rows = options.map((option): Cell[] => [
    option === chosen ? { text: '●', tone: 'green' } : option.isWithinObjective ? '' : { text: '✗', tone: 'red' },
    `${option.instanceCount} × ${option.threads}`,
    String(option.batchSize),
    ms(option.p50Ms),
    ms(option.p99Ms),
    String(Math.round(option.capacityRps)),
    ms(option.worstMs),
    option.isWithinObjective ? String(option.replicas) : '–',
  ]);
  return [
    title(style, `Sizing for ${requestsPerSecond} requests/s`),
    ...table(style, COLUMNS, rows),
    ...prose(
      style,
      `Measured here, in the model alone: ${hardware}. Another machine gives other figures; network and protocol come on top.`,
    ),
    '',
    ...table(
      style,
      [{ title: '' }, { title: '', align: 'right' }, { title: '', shrink: 'wrap' }],
      arithmetic.map(({ name, value, because }): Cell[] => [name, value, { text: because, tone: 'dim' }]),
    ),
  ];
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
