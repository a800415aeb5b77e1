/** Splits a Jinja template into the tokens of its expressions and statements; text outside of them is no code. */

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign';
  /** Names and signs as they are written, texts without quotes and with their escapes resolved. */
  readonly value: string;
}

const BLOCK = /(\{\{|\{%|\{#)[-+]?/g;
const TOKEN = /\s+|([A-Za-z_]\w*)|(\d[\w.]*)|([\s\S])/y;
const ENDS: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}' };

export function templateTokens(template: string): Token[] {
  const tokens: Token[] = [];
  BLOCK.lastIndex = 0;
  for (let block = BLOCK.exec(template); block !== null; block = BLOCK.exec(template)) {
    const opening = block[1] as string;
    if (opening === '{#') {
      const end = template.indexOf('#}', block.index);
      if (end < 0) break;
      BLOCK.lastIndex = end + 2;
    } else {
      // The opening is a token too, so that nothing joins across blocks.
      tokens.push({ kind: 'sign', value: opening });
      BLOCK.lastIndex = readBlock(template, BLOCK.lastIndex, ENDS[opening] as string, tokens);
    }
  }
  return tokens;
}

/** @returns the position behind the block; the end of the template where Jinja would refuse it */
function readBlock(template: string, start: number, end: string, tokens: Token[]): number {
  let at = start;
  while (at < template.length) {
    if (template.startsWith(end, at)) return at + end.length;
    TOKEN.lastIndex = at;
    const [, name, number, sign] = TOKEN.exec(template) ?? [];
    if (sign === '"' || sign === "'") {
      const close = closingQuote(template, at);
      if (close === undefined) break;
      tokens.push({ kind: 'text', value: unescaped(template.slice(at + 1, close)) });
      at = close + 1;
      continue;
    }
    at = TOKEN.lastIndex;
    if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
  }
  return template.length;
}

/** Where the text that begins at `start` ends. By hand: an expression runs out of stack in a text of megabytes. */
function closingQuote(template: string, start: number): number | undefined {
  const quote = template[start];
  for (let at = start + 1; at < template.length; at += 1) {
    if (template[at] === '\\') at += 1;
    else if (template[at] === quote) return at;
  }
  return undefined;
}

const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([0-7]{1,3})|([\s\S]))/gi;

/** As Python reads them: hexadecimal and octal escapes may hide an underscore. */
function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (_, hex?: string, unicode?: string, octal?: string, other?: string) => {
    if (hex !== undefined || unicode !== undefined)
      return String.fromCharCode(Number.parseInt(hex ?? unicode ?? '', 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return other ?? '';
  });
}
