/** Which series a PromQL expression reads, by which labels: enough to compare it with a catalogue, not an evaluator. */

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
  /** A range follows, as rate() needs it: `[5m]`. */
  readonly hasRange: boolean;
}

export interface PromqlUse {
  readonly selectors: readonly Selector[];
  /** Labels in by (…), on (…), group_left (…) and the like. */
  readonly groupLabels: readonly string[];
}

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;
const NAME = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const DURATION_OR_NUMBER = /(?:\d+(?:ms|[smhdwy]))+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+/y;

const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const OPERATORS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan']);

type Part = { readonly kind: 'name' | 'string' | 'number' | 'symbol'; readonly text: string };

/** A variable of Grafana as a value that PromQL understands; `[$__rate_interval]` becomes `[5m]`. */
export function withoutVariables(expression: string): string {
  return expression.replace(/\$\{?__[a-z_]+\}?/g, '5m').replace(/\$\{?\w+(?::\w+)?\}?/g, 'any');
}

/** @throws Error with a phrase when brackets or quotes do not match */
export function readPromql(expression: string): PromqlUse {
  const parts = split(expression);
  checkBrackets(parts);
  const selectors: Selector[] = [];
  const groupLabels: string[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const { kind, text } = parts[index] as Part;
    const next = parts[index + 1]?.text;
    if (kind !== 'name' || OPERATORS.has(text.toLowerCase())) continue;
    const end = next === '(' || next === '{' ? closing(parts, index + 1) : index;
    const inside = parts.slice(index + 2, end);
    if (GROUPING.has(text)) {
      groupLabels.push(...inside.filter((part) => part.kind === 'name').map((part) => part.text));
      index = end;
    } else if (next === '{') {
      selectors.push({ metric: text, matchers: matchers(inside), hasRange: parts[end + 1]?.text === '[' });
      index = end;
    } else if (next !== '(' && !(next !== undefined && GROUPING.has(next))) {
      selectors.push({ metric: text, matchers: [], hasRange: next === '[' });
    }
  }
  return { selectors, groupLabels };
}

function split(expression: string): Part[] {
  const parts: Part[] = [];
  let position = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(expression)?.[0];
  };
  while (position < expression.length) {
    const text = take(/\s+|#[^\n]*/y);
    if (text !== undefined) {
      position += text.length;
      continue;
    }
    const part = nextPart(take, expression[position] as string);
    parts.push(part);
    position += part.text.length;
  }
  return parts;
}

function nextPart(take: (pattern: RegExp) => string | undefined, char: string): Part {
  if (/["'`]/.test(char)) {
    const text = take(STRING);
    if (text === undefined) throw new Error('a string has no end');
    return { kind: 'string', text };
  }
  const name = take(NAME);
  if (name !== undefined) return { kind: 'name', text: name };
  const number = take(DURATION_OR_NUMBER);
  return number === undefined ? { kind: 'symbol', text: char } : { kind: 'number', text: number };
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

function checkBrackets(parts: readonly Part[]): void {
  const open: string[] = [];
  for (const { kind, text } of parts) {
    if (kind !== 'symbol') continue;
    const expected = CLOSING[text];
    if (expected !== undefined) open.push(expected);
    else if (/[)}\]]/.test(text) && open.pop() !== text) throw new Error(`unexpected "${text}"`);
  }
  if (open.length > 0) throw new Error(`"${open.at(-1)}" is missing`);
}

function closing(parts: readonly Part[], start: number): number {
  let depth = 0;
  for (let index = start; index < parts.length; index += 1) {
    const { kind, text } = parts[index] as Part;
    if (kind !== 'symbol') continue;
    if (text in CLOSING) depth += 1;
    else if (/[)}\]]/.test(text)) depth -= 1;
    if (depth === 0) return index;
  }
  return parts.length;
}

function matchers(parts: readonly Part[]): Selector['matchers'] {
  return parts.flatMap((part, index) => {
    const value = parts.slice(index + 1).find(({ kind }) => kind === 'string');
    const isLabel = part.kind === 'name' && /[=!]/.test(parts[index + 1]?.text ?? '');
    return isLabel && value !== undefined ? [{ label: part.text, value: value.text.slice(1, -1) }] : [];
  });
}
