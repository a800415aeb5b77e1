/**
 * The lexical layer of HCL (hashicorp/hcl, hclsyntax/spec.md): texts, comments and brackets. Enough to say that a file
 * ends where it should; the grammar above it is Terraform's.
 */
export class HclError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

interface Open {
  readonly bracket: string;
  readonly line: number;
}

/** Number of tokens that matter here. @throws HclError for a text or a bracket that does not end */
export function hclTokens(text: string): number {
  const open: Open[] = [];
  let line = 1;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (char === '\n') line += 1;
    else if (char === '#' || text.startsWith('//', at)) at = endOf(text, at, '\n') - 1;
    else if (text.startsWith('/*', at)) {
      const end = endOf(text, at, '*/');
      if (end === text.length) throw new HclError('has a comment without an end', line);
      line += text.slice(at, end).split('\n').length - 1;
      at = end + 1;
    } else if (char === '"') at = quoted(text, at, line);
    else if (char in CLOSING) open.push({ bracket: char, line });
    else if ('}])'.includes(char)) close(open, char, line);
    else continue;
    count += 1;
  }
  const last = open.at(-1);
  if (last !== undefined) throw new HclError(`has a ${last.bracket} without its ${CLOSING[last.bracket]}`, last.line);
  return count;
}

function close(open: Open[], char: string, line: number): void {
  const last = open.pop();
  if (last === undefined) throw new HclError(`has a ${char} that closes nothing`, line);
  if (CLOSING[last.bracket] !== char)
    throw new HclError(`has a ${char} where ${CLOSING[last.bracket]} was expected`, line);
}

function endOf(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end;
}

/** Index of the closing quote; an interpolation may hold quotes of its own. */
function quoted(text: string, from: number, line: number): number {
  let depth = 0;
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') break;
    if (char === '\\') at += 1;
    else if (char === '{' && (depth > 0 || '$%'.includes(text[at - 1] as string))) depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    else if (char === '"' && depth === 0) return at;
    else if (char === '"') at = quoted(text, at, line);
  }
  throw new HclError('has a text without its closing quote', line);
}
