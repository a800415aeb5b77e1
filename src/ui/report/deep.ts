/** What `nimify analyze --deep` adds for people: totals, and the largest weights with their values. */
import type { DeepFacts, WeightValues } from '../../analysis/deep/facts.ts';
import { formatBytes, formatRatio } from '../../base/units.ts';
import { type Cell, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { NOTHING } from './figures.ts';

/** Rows; --json has all. */
const SHOWN = 8;

export function deepBlock(style: Style, deep: DeepFacts | null): string[] {
  if (deep === null || deep.tensors.length === 0) return [];
  const largest = [...deep.tensors].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, SHOWN);
  const columns = [
    { title: 'Weight', shrink: 'cut' as const },
    { title: 'Type' },
    ...['Size', 'Min', 'Max', 'Mean', 'Std', 'Zeros'].map((name) => ({ title: name, align: 'right' as const })),
  ];
  return [
    title(style, 'Values'),
    ...table(style, columns, largest.map(row)),
    ...prose(style, summary(deep, largest.length), 'dim'),
  ];
}

function row({ name, dataType, sizeBytes, statistics }: WeightValues): Cell[] {
  const figure = (value: number | null | undefined): string => (value == null ? NOTHING : short(value));
  const zeros = statistics === null || statistics.count === 0 ? null : statistics.zeroCount / statistics.count;
  return [
    name,
    { text: dataType ?? 'unknown', tone: 'cyan' },
    formatBytes(sizeBytes),
    figure(statistics?.min),
    figure(statistics?.max),
    figure(statistics?.mean),
    figure(statistics?.standardDeviation),
    zeros === null ? NOTHING : formatRatio(zeros, 0),
  ];
}

/** Three digits; very large and very small ones as powers of ten. */
function short(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e6)) return String(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function summary({ tensors, zeroRatio, duplicateBytes }: DeepFacts, shown: number): string {
  return [
    tensors.length > shown ? `${tensors.length - shown} smaller weights not shown` : '',
    zeroRatio === null ? '' : `${formatRatio(zeroRatio)} of all values are zero`,
    duplicateBytes === 0 ? 'no duplicates' : `${formatBytes(duplicateBytes)} are duplicates`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
