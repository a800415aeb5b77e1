/**
 * Reads the JSON of a request. Two things that JSON.parse cannot do: integers beyond 2^53 keep their digits (as bigint),
 * and NaN, Infinity and -Infinity are numbers, because Triton (rapidjson with its NaN flag) takes and writes them.
 */
import { randomBytes } from 'node:crypto';
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

/** Marks in strings what JSON has no word for; nobody outside of this process can know it. */
const MARK = randomBytes(12).toString('hex');
const LONG_INTEGER = /[[,:\s]-?\d{16,}\s*[,\]}]/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Inf(?:inity)?)|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const NOT_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '-NaN': Number.NaN,
  Inf: Number.POSITIVE_INFINITY,
  Infinity: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** @throws ProtocolError 400 when the bytes are not JSON or nest too deep */
export function parseRequestJson(bytes: Buffer): Json {
  checkNesting(bytes);
  const text = bytes.toString('utf8');
  if (LONG_INTEGER.test(text)) return parseMarked(text);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (/NaN|Inf/.test(text)) return parseMarked(text);
    throw notJson(error);
  }
}

/** Slower: every token is looked at. */
function parseMarked(text: string): Json {
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    const isLong = /^-?\d{16,}$/.test(token);
    return isLong || NOT_FINITE[token] !== undefined ? `"${MARK}${token}"` : token;
  });
  try {
    return JSON.parse(marked, (_key, value: unknown) => (typeof value === 'string' ? unmark(value) : value)) as Json;
  } catch (error) {
    throw notJson(error);
  }
}

function unmark(value: string): string | number | bigint {
  if (!value.startsWith(MARK)) return value;
  const token = value.slice(MARK.length);
  return NOT_FINITE[token] ?? BigInt(token);
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
