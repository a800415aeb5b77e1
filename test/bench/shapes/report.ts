/** What compare.ts prints. */

import { print } from '../../onnx/shapes/facts.ts';
import type { Comparison, Difference } from './comparison.ts';
import { explanationOf } from './explained.ts';

interface ReportOptions {
  readonly models: number;
  /** Models that were written back with other bytes. */
  readonly otherBytes: readonly string[];
  /** Lists every difference, and not only some of each operator. */
  readonly isVerbose: boolean;
  readonly shorten: (path: string) => string;
}

const SOME = 4;

function groupBy<T, K>(list: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** @returns true when something is wrong and not explained */
export function printReport(comparison: Comparison, options: ReportOptions): boolean {
  const { models, otherBytes, shorten } = options;
  console.log(`${models} models; ${models - otherBytes.length} written back byte for byte`);
  for (const path of otherBytes) console.log(`  other bytes: ${shorten(path)}`);
  printRefusals(comparison, shorten);
  const open = comparison.differences.filter((d) => d.verdict !== 'richer' && explanationOf(d) === undefined);
  printTable(comparison);
  console.log(
    `\n${comparison.computed} values have the shape that ours says, or leaves open, when the model is computed`,
  );
  printExplained(comparison);
  for (const verdict of ['richer', 'poorer', 'contradiction'] as const) {
    const found = verdict === 'richer' ? comparison.differences : open;
    printDifferences(
      found.filter((d) => d.verdict === verdict),
      verdict,
      options,
    );
  }
  return open.length > 0 || otherBytes.length > 0;
}

function printTable({ compared, differences }: Comparison): void {
  const head = ['variant', 'models', 'values', 'agreed', 'richer', 'poorer', 'contradiction', 'explained'];
  const rows = [...compared].map(([variant, { models, values, agreed }]) => {
    const own = differences.filter((d) => d.variant === variant);
    const explained = own.filter((d) => explanationOf(d) !== undefined);
    const count = (verdict: string): number =>
      own.filter((d) => d.verdict === verdict && explanationOf(d) === undefined).length;
    return [
      variant,
      models,
      values,
      agreed,
      count('richer'),
      count('poorer'),
      count('contradiction'),
      explained.length,
    ];
  });
  console.log();
  for (const row of [head, ...rows]) console.log(row.map((cell) => String(cell).padStart(14)).join(''));
}

function printRefusals({ refusals }: Comparison, shorten: (path: string) => string): void {
  for (const who of ['reference', 'ours']) {
    const groups = groupBy(
      refusals.filter((r) => r.who === who),
      (r) => `${r.variant}: ${r.why.slice(0, 200)}`,
    );
    if (groups.size > 0) console.log(`\nrefused by ${who}:`);
    for (const [why, list] of groups)
      console.log(`  ${list.length} × ${why}\n      ${shorten(list[0]?.model ?? '')} …`);
  }
}

function printExplained({ differences }: Comparison): void {
  const groups = groupBy(differences, explanationOf);
  groups.delete(undefined);
  if (groups.size > 0) console.log('\nexplained:');
  for (const [reason, list] of groups) console.log(`  ${list.length} × ${list[0]?.operator}: ${reason}`);
}

function printDifferences(list: readonly Difference[], verdict: string, { isVerbose, shorten }: ReportOptions): void {
  if (list.length === 0) return;
  console.log(`\n${verdict}:`);
  const groups = [...groupBy(list, (d) => d.operator)].sort((a, b) => b[1].length - a[1].length);
  for (const [operator, found] of groups) {
    console.log(`  ${operator}: ${found.length}`);
    for (const d of isVerbose ? found : found.slice(0, SOME)) {
      const place = [...d.place, d.name].join(' / ');
      const against = d.against === undefined ? '' : ` (${d.against})`;
      const where = `${shorten(d.model)} ${d.variant} ${place}`;
      console.log(`    ${where}: ${print(d.reference)}${against} | ours ${print(d.ours)}`);
    }
  }
}
