/** Reads protobuf text format, after the published grammar, without knowing the message type. */
import { TextFormatError, type Token, tokenize } from './text-tokens.ts';

export type ParsedValue =
  | { readonly kind: 'string' | 'number' | 'name'; readonly text: string; readonly line: number }
  | { readonly kind: 'message'; readonly fields: readonly ParsedField[]; readonly line: number };

export interface ParsedField {
  readonly name: string;
  /** More than one, or none, when written as a list. */
  readonly values: readonly ParsedValue[];
  readonly isList: boolean;
  readonly line: number;
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '<': '>' };
const MAX_DEPTH = 64;

/** @throws TextFormatError with the line */
export function parseTextFormat(text: string): ParsedField[] {
  return new Parser(tokenize(text)).fields('the end of the file', 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  fields(closing: string, depth: number): ParsedField[] {
    if (depth > MAX_DEPTH) throw this.#wrong(`messages nested deeper than ${MAX_DEPTH}`);
    const fields: ParsedField[] = [];
    while (this.#peek().text !== closing || this.#peek().kind === 'string') {
      fields.push(this.#field(depth));
      if (this.#isSymbol(',') || this.#isSymbol(';')) this.#next();
    }
    this.#next();
    return fields;
  }

  #field(depth: number): ParsedField {
    const token = this.#next();
    if (token.kind !== 'name') throw this.#wrong(`expected a field name, found ${token.text}`, token);
    const hasColon = this.#isSymbol(':');
    if (hasColon) this.#next();
    const isList = this.#isSymbol('[');
    const values = isList ? this.#list(depth) : [this.#value(depth)];
    if (!hasColon && values.some(({ kind }) => kind !== 'message')) {
      throw this.#wrong(`expected ":" behind ${token.text}`, token);
    }
    return { name: token.text, values, isList, line: token.line };
  }

  #list(depth: number): ParsedValue[] {
    this.#next();
    const values: ParsedValue[] = [];
    while (!this.#isSymbol(']')) {
      values.push(this.#value(depth));
      if (this.#isSymbol(']')) break;
      if (!this.#isSymbol(',')) throw this.#wrong(`expected "," or "]", found ${this.#peek().text}`);
      this.#next();
      if (this.#isSymbol(']')) throw this.#wrong('a list may not end with a comma');
    }
    this.#next();
    return values;
  }

  #value(depth: number): ParsedValue {
    const token = this.#next();
    const closing = token.kind === 'symbol' ? CLOSING[token.text] : undefined;
    if (closing !== undefined) {
      return { kind: 'message', fields: this.fields(closing, depth + 1), line: token.line };
    }
    if (token.kind === 'string') {
      return { kind: 'string', text: token.text + this.#moreStrings(), line: token.line };
    }
    if (token.kind === 'number' || token.kind === 'name') {
      return { kind: token.kind, text: token.text, line: token.line };
    }
    throw this.#wrong(`expected a value, found ${token.text}`, token);
  }

  #moreStrings(): string {
    let text = '';
    while (this.#peek().kind === 'string') text += this.#next().text;
    return text;
  }

  #peek(): Token {
    return this.#tokens[this.#position] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#position += 1;
    return token;
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'symbol' && token.text === text;
  }

  #wrong(message: string, token = this.#peek()): TextFormatError {
    return new TextFormatError(message, token.line);
  }
}
