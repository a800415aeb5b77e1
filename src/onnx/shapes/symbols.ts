/**
 * Sizes that are not numbers. Next to the symbols that a model names (`batch`) there are those of the inference, which
 * begin with NUL: `\0u7`, a size that nobody named, and `\0[[1,"batch"],[-2]]`, a sum of products (batch - 2) in normal
 * form. So two dims are equal when their strings are, and what was added can be taken away again.
 */
import type { Dim } from '../build.ts';

/** A coefficient and the symbols that it is multiplied with, sorted. */
type Term = readonly [number, ...string[]];
type Sum = readonly Term[];

const MARK = '\0';
/** Longer expressions tell nothing that anybody compares; they are dropped. */
const MAX_LENGTH = 200;
const MAX_TERMS = 12;

/** A size that is equal only to itself. */
export function freshSymbol(id: number): string {
  return `${MARK}u${id}`;
}

/** True for a size of which nothing is known. */
export function isFresh(symbol: string): boolean {
  return symbol.startsWith(`${MARK}u`);
}

/** True for the symbols that a model names itself. */
export function isNamed(dim: Dim): dim is string {
  return typeof dim === 'string' && !dim.startsWith(MARK);
}

export function sumOf(a: string | number, b: string | number): Dim {
  return format([...parse(a), ...parse(b)]);
}

export function productOf(a: string | number, b: string | number): Dim {
  const [left, right] = [parse(a), parse(b)];
  if (left.length * right.length > MAX_TERMS) return null;
  return format(left.flatMap((x) => right.map((y) => multiply(x, y))));
}

/** `a / b` where that leaves no remainder whatever the symbols are; otherwise a symbol for the floor of it. */
export function quotientOf(a: string | number, b: string | number): Dim {
  const exact = exactQuotient(a, b);
  return exact === undefined ? bounded(`${MARK}q${JSON.stringify([a, b])}`) : exact;
}

/** Undefined when it is not known that `b` divides `a`. */
export function exactQuotient(a: string | number, b: string | number): Dim | undefined {
  const divisor = parse(b);
  if (divisor.length !== 1) return a === b ? 1 : undefined;
  const terms = parse(a).map((term) => divideTerm(term, divisor[0] as Term));
  return terms.some((term) => term === undefined) ? undefined : format(terms as Sum);
}

/** False for sums that take something away, which may be less than 0. */
export function isNeverNegative(symbol: string): boolean {
  return parse(symbol).every(([coefficient]) => coefficient >= 0);
}

function multiply([x, ...xs]: Term, [y, ...ys]: Term): Term {
  return [x * y, ...[...xs, ...ys].sort()];
}

function divideTerm([x, ...xs]: Term, [y, ...ys]: Term): Term | undefined {
  if (y === 0 || !Number.isInteger(x / y)) return undefined;
  const rest = [...xs];
  for (const symbol of ys) {
    const at = rest.indexOf(symbol);
    if (at < 0) return undefined;
    rest.splice(at, 1);
  }
  return [x / y, ...rest];
}

function parse(dim: string | number): Sum {
  if (typeof dim === 'number') return [[dim]];
  return dim.startsWith(`${MARK}[`) ? (JSON.parse(dim.slice(1)) as Sum) : [[1, dim]];
}

function format(terms: Sum): Dim {
  const sums = new Map<string, Term>();
  for (const [coefficient, ...symbols] of terms) {
    const key = JSON.stringify(symbols);
    sums.set(key, [(sums.get(key)?.[0] ?? 0) + coefficient, ...symbols]);
  }
  const sorted = [...sums.entries()].filter(([, [c]]) => c !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return 0;
  const first = sorted[0]?.[1] as Term;
  if (sorted.length === 1 && first.length === 1) return first[0];
  if (sorted.length === 1 && first.length === 2 && first[0] === 1) return first[1] as string;
  if (sorted.some(([, [c]]) => !Number.isSafeInteger(c)) || sorted.length > MAX_TERMS) return null;
  return bounded(MARK + JSON.stringify(sorted.map(([, term]) => term)));
}

function bounded(symbol: string): Dim {
  return symbol.length > MAX_LENGTH ? null : symbol;
}
