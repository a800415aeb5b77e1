/** Splits protobuf text format into tokens. */

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'symbol' | 'end';
  readonly text: string;
  readonly line: number;
}

/** A place where the text breaks the grammar. */
export class TextFormatError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const PATTERNS = {
  space: /\s+|#[^\n]*/y,
  name: /[A-Za-z_][A-Za-z0-9_]*/y,
  number: /-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|inf\b|nan\b)/y,
  string: /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y,
  symbol: /[{}<>[\]:,;]/y,
} as const;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  while (position < text.length) {
    const [kind, found] = match(text, position, line);
    if (kind !== 'space') tokens.push({ kind, text: kind === 'string' ? unquote(found, line) : found, line });
    line += found.split('\n').length - 1;
    position += found.length;
  }
  return [...tokens, { kind: 'end', text: 'the end of the file', line }];
}

function match(text: string, position: number, line: number): [keyof typeof PATTERNS, string] {
  for (const [kind, pattern] of Object.entries(PATTERNS) as [keyof typeof PATTERNS, RegExp][]) {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return [kind, found];
  }
  const char = text[position] as string;
  throw new TextFormatError(/["']/.test(char) ? 'a string has no end' : `unexpected ${JSON.stringify(char)}`, line);
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '"': 34,
  "'": 39,
  '\\': 92,
  '?': 63,
};

/** Escapes stand for bytes, the result is those bytes as UTF-8. */
function unquote(literal: string, line: number): string {
  const parts = literal
    .slice(1, -1)
    .split(/(\\(?:[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.))/s);
  return Buffer.concat(
    parts.map((part) => (part.startsWith('\\') ? escaped(part.slice(1), line) : Buffer.from(part))),
  ).toString();
}

function escaped(code: string, line: number): Buffer {
  if (/^[uU]./.test(code))
    return Buffer.from(String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code.slice(1), 16))));
  const value = /^[0-7]/.test(code)
    ? Number.parseInt(code, 8)
    : /^[xX]./.test(code)
      ? Number.parseInt(code.slice(1), 16)
      : SIMPLE_ESCAPES[code];
  if (value === undefined || value > 255) throw new TextFormatError(`unknown escape \\${code}`, line);
  return Buffer.from([value]);
}
