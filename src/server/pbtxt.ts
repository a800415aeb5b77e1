/**
 * A tolerant reader of protobuf text format, for the few values of config.pbtxt that the server needs. It knows no
 * schema: every field becomes a list of values, in the order of the file. (The artifacts room checks the file strictly.)
 */

type TextValue = string | number | TextMessage;

/** Field name → all values given to it, those in `[ … ]` included. Identifiers such as TYPE_FP32 are strings. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;

const TOKEN = /#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z_][\w./-]*|[-+]?[\d.][\w.+-]*|[{}[\]<>:;,]|\S/g;
const MAX_NESTING = 32;

/** @throws SyntaxError with the place in words when the text is not in text format */
export function parseTextFormat(text: string): TextMessage {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('#'));
  const reader = new Reader(tokens);
  const message = reader.message(undefined, 0);
  return message;
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  message(end: string | undefined, nesting: number): TextMessage {
    if (nesting > MAX_NESTING) throw new SyntaxError(`messages nest deeper than ${MAX_NESTING}`);
    const fields = new Map<string, TextValue[]>();
    for (let name = this.#next(end); name !== end; name = this.#next(end)) {
      if (name === ',' || name === ';') continue;
      if (!/^\w/.test(name as string)) throw new SyntaxError(`expected a field name instead of ${name}`);
      const values = fields.get(name as string) ?? [];
      fields.set(name as string, values);
      values.push(...this.#values(nesting));
    }
    return fields;
  }

  #values(nesting: number): TextValue[] {
    if (this.#tokens[this.#at] === ':') this.#at += 1;
    const token = this.#next('a value') as string;
    if (token !== '[') return [this.#value(token, nesting)];
    const values: TextValue[] = [];
    for (let item = this.#next(']') as string; item !== ']'; item = this.#next(']') as string) {
      if (item !== ',') values.push(this.#value(item, nesting));
    }
    return values;
  }

  #value(token: string, nesting: number): TextValue {
    if (token === '{') return this.message('}', nesting + 1);
    if (token === '<') return this.message('>', nesting + 1);
    if (/^["']/.test(token)) return token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
    if (/^[-+]?[\d.]/.test(token)) return Number(token);
    if (/^\w/.test(token)) return token;
    throw new SyntaxError(`expected a value instead of ${token}`);
  }

  #next(expected: string | undefined): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined && expected !== undefined) throw new SyntaxError(`the text ends before ${expected}`);
    this.#at += 1;
    return token;
  }
}
