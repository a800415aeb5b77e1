/**
 * Reads the JSON of a request. Two things that JSON.parse cannot do: integers beyond 2^53 keep their digits (as bigint),
 * and NaN, Infinity and -Infinity are numbers, because Triton (rapidjson with its NaN flag) takes and writes them.
 */
import { invalid } from './protocol-error.ts';

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Triton's limit. */
export const MAX_NESTING: number = 100;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/** May be one of a list or an object; every repetition has a bound, so that no text makes the search slow. */
const LONG_INTEGER_AHEAD = /[[,:\s]-?\d{16}/;
/** 2^53 has 16 digits, the largest UINT64 has 20; what is longer fits no type and stays a double. */
const LONG_INTEGER = /^-?[1-9]\d{15,19}$/;
const WHITE_SPACE = codesOf(' \t\n\r');
const WORD_END = codesOf(' \t\n\r,:"[]{}');
const NOT_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['-NaN', Number.NaN],
  ['Inf', Number.POSITIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function codesOf(characters: string): ReadonlySet<number> {
  return new Set(Buffer.from(characters));
}

/** @throws ProtocolError 400 when the bytes are not JSON or nest too deep */
export function parseRequestJson(bytes: Buffer): Json {
  checkNesting(bytes);
  const text = bytes.toString('utf8');
  if (LONG_INTEGER_AHEAD.test(text)) return readExtended(text);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (/NaN|Inf/.test(text)) return readExtended(text);
    throw notJson(error);
  }
}

/** Slower than JSON.parse, which it asks for the value of every string and word. */
function readExtended(text: string): Json {
  try {
    return new Reader(text).document();
  } catch (error) {
    throw notJson(error);
  }
}

/** Goes through the text once and never back; its depth is bound by MAX_NESTING. Throws SyntaxError. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const value = this.#value();
    if (this.#peek() !== undefined) throw this.#unexpected(this.#at);
    return value;
  }

  #value(): Json {
    const first = this.#peek();
    if (first === '{') return this.#object();
    if (first === '[') return this.#list();
    return first === '"' ? this.#string() : this.#word();
  }

  #list(): Json[] {
    const items: Json[] = [];
    this.#each(']', () => items.push(this.#value()));
    return items;
  }

  #object(): JsonObject {
    const members: [string, Json][] = [];
    this.#each('}', () => {
      const key = this.#string();
      this.#take(':');
      members.push([key, this.#value()]);
    });
    // Unlike an assignment, this keeps a key such as __proto__ harmless.
    return Object.fromEntries(members);
  }

  #each(end: string, read: () => void): void {
    this.#at += 1;
    for (let isFirst = true; this.#peek() !== end; isFirst = false) {
      if (!isFirst) this.#take(',');
      read();
    }
    this.#at += 1;
  }

  #string(): string {
    if (this.#peek() !== '"') throw this.#unexpected(this.#at);
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text.charCodeAt(end) !== QUOTE) {
      end += this.#text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    }
    this.#at = end + 1;
    return this.#parsed(start) as string;
  }

  #word(): Json {
    const start = this.#at;
    while (this.#at < this.#text.length && !WORD_END.has(this.#text.charCodeAt(this.#at))) this.#at += 1;
    const word = this.#text.slice(start, this.#at);
    return NOT_FINITE.get(word) ?? (LONG_INTEGER.test(word) ? BigInt(word) : this.#parsed(start));
  }

  /** The text from `start` to here. */
  #parsed(start: number): Json {
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as Json;
    } catch {
      throw this.#unexpected(start);
    }
  }

  #take(character: string): void {
    if (this.#peek() !== character) throw this.#unexpected(this.#at);
    this.#at += 1;
  }

  /** The next character that is not white space; undefined at the end. */
  #peek(): string | undefined {
    while (WHITE_SPACE.has(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#text[this.#at];
  }

  #unexpected(at: number): SyntaxError {
    const found = at < this.#text.length ? JSON.stringify(this.#text.slice(at, at + 10)) : 'the end';
    return new SyntaxError(`${found} at position ${at} was not expected`);
  }
}

/** Before parsing, so that a body of brackets cannot fill the memory. Counting is cheap, and enough for most bodies. */
function checkNesting(bytes: Buffer): void {
  let openers = 0;
  for (const opener of OPENERS) {
    let at = bytes.indexOf(opener);
    while (at !== -1 && openers <= MAX_NESTING) {
      openers += 1;
      at = bytes.indexOf(opener, at + 1);
    }
  }
  if (openers <= MAX_NESTING) return;
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) {
      if (byte === BACKSLASH) i += 1;
    } else if (OPENERS.has(byte)) depth += 1;
    else if (CLOSERS.has(byte)) depth -= 1;
    if (depth > MAX_NESTING) throw invalid(`JSON nesting depth exceeds the maximum allowed limit of ${MAX_NESTING}`);
  }
}

function notJson(error: unknown): Error {
  return invalid(`failed to parse the request JSON buffer: ${(error as Error).message}`);
}
