/** Texts as the tokens that a model was trained on: a fast tokenizer of Hugging Face (tokenizer.json and the files beside it). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';

/** One text, special tokens included; all three lists have the same length. */
export interface Tokens {
  readonly ids: readonly number[];
  /** 1 for tokens, 0 for padding. */
  readonly mask: readonly number[];
  /** 0 for the first text, 1 for the second of a pair. */
  readonly typeIds: readonly number[];
}

export interface Tokenizer {
  readonly path: string;
  /** SHA-256 over tokenizer.json and what is used of the files beside it. */
  readonly digest: string;
  /** Longer texts are cut; undefined where no file says a limit. */
  readonly maxTokens: number | undefined;
  /** @param pair the second text, for models that compare two */
  encode(text: string, pair?: string): Tokens;
}

export interface TokenizerOptions {
  /** Overrides what the files say. */
  readonly maxTokens?: number;
  /** Every text is padded to it; longer ones are cut. */
  readonly fixedLength?: number;
  /** The folder of the model, whose config.json may say a limit too. */
  readonly modelFolder?: string;
}

const FILE = 'tokenizer.json';

/** Where files say how many tokens a model takes; the least counts. Libraries write 10³⁰ for "no limit". */
const LIMITS: readonly (readonly [string, string])[] = [
  ['tokenizer_config.json', 'model_max_length'],
  ['sentence_bert_config.json', 'max_seq_length'],
  ['config.json', 'max_position_embeddings'],
];
const NO_LIMIT = 1e9;

/** `tokenizer.json` in one of the folders or in the one above it, where exporters put models into a folder `onnx`. */
export function findTokenizer(folders: readonly string[]): string | undefined {
  return folders
    .flatMap((folder) => [join(folder, FILE), join(dirname(folder), FILE)])
    .find((path) => existsSync(path));
}

/**
 * @param path a tokenizer.json or its folder
 * @throws NimifyError DATA_UNREADABLE
 */
export async function loadTokenizer(path: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const file = isFolder(path) ? join(path, FILE) : path;
  const definition = readJson(file);
  const settings = jsonIn(dirname(file), 'tokenizer_config.json');
  const maxTokens = options.maxTokens ?? limitOf([dirname(file), options.modelFolder ?? dirname(file)]);
  const length = options.fixedLength;
  const library = await construct(file, definition, settings);
  const digest = sha256(JSON.stringify([definition, settings, maxTokens ?? null, length ?? null]));
  const padId = padding(definition, settings, library);
  const most = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, length ?? Number.POSITIVE_INFINITY);
  return {
    path: file,
    digest,
    maxTokens: Number.isFinite(most) ? most : undefined,
    encode: (text, pair) => padded(encode(library, text, pair ?? null, most), length, padId),
  };
}

async function construct(path: string, definition: Json, settings: Json): Promise<Library> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    return new Tokenizer(definition, settings);
  } catch (error) {
    throw unreadable(path, (error as Error).message, error);
  }
}

/** What does not fit is cut from the ends of the texts; special tokens stay. */
function encode(library: Library, text: string, pair: string | null, most: number): Tokens {
  const whole = library.encode(text, { text_pair: pair, return_token_type_ids: true });
  const typed = (ids: readonly number[], typeIds: readonly number[] | undefined): Tokens => ({
    ids,
    mask: ids.map(() => 1),
    typeIds: typeIds ?? ids.map(() => 0),
  });
  if (whole.ids.length <= most) return typed(whole.ids, whole.token_type_ids);
  const idOf = new Map(
    whole.tokens.map((token: string, index: number): [string, number] => [token, whole.ids[index] as number]),
  );
  const first = library.tokenize(text);
  const second = pair === null ? null : library.tokenize(pair);
  const special = whole.ids.length - first.length - (second?.length ?? 0);
  const room = Math.max(0, most - special);
  const [left, right] = second === null ? [room, 0] : kept(first.length, second.length, room);
  const parts = [first.slice(0, left), second?.slice(0, right) ?? null] as const;
  const made = library.post_processor?.post_process(...parts) ?? { tokens: parts.flatMap((part) => part ?? []) };
  return typed(
    made.tokens.map((token: string) => idOf.get(token) ?? 0),
    made.token_type_ids,
  );
}

/** How many tokens of each text stay: "longest first" of the Rust library, tokenizers/src/utils/truncation.rs. */
function kept(first: number, second: number, most: number): [number, number] {
  const [shorter, longer] = first > second ? [second, first] : [first, second];
  const rest = shorter > most ? shorter : Math.max(shorter, most - shorter);
  const [least, other] =
    shorter + rest > most ? [Math.floor(most / 2), Math.ceil(most / 2)] : [shorter, Math.min(longer, rest)];
  return first > second ? [other, least] : [least, other];
}

function padded(tokens: Tokens, length: number | undefined, padId: number): Tokens {
  const missing = Math.max(0, (length ?? 0) - tokens.ids.length);
  if (missing === 0) return tokens;
  const fill = (values: readonly number[], value: number) => [...values, ...Array<number>(missing).fill(value)];
  return { ids: fill(tokens.ids, padId), mask: fill(tokens.mask, 0), typeIds: fill(tokens.typeIds, 0) };
}

type Json = Readonly<Record<string, unknown>>;

function padding(definition: Json, settings: Json, library: Library): number {
  const own = (definition.padding as { pad_id?: number } | null | undefined)?.pad_id;
  const token = settings.pad_token as string | { content?: string } | null | undefined;
  const name = typeof token === 'string' ? token : token?.content;
  return own ?? (name === undefined ? undefined : library.token_to_id(name)) ?? 0;
}

function limitOf(folders: readonly string[]): number | undefined {
  const limits = folders
    .flatMap((folder) => LIMITS.map(([file, key]) => Number(jsonIn(folder, file)[key])))
    .filter((limit) => limit > 0 && limit < NO_LIMIT);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Empty where the file is missing. */
function jsonIn(folder: string, name: string): Json {
  const file = join(folder, name);
  return existsSync(file) ? readJson(file) : {};
}

function readJson(path: string): Json {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch (error) {
    throw unreadable(path, (error as Error).message, error);
  }
  throw unreadable(path, 'it is not a JSON object');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unreadable(path: string, reason: string, cause?: unknown): NimifyError {
  return new NimifyError(
    'DATA_UNREADABLE',
    `The tokenizer ${basename(path)} cannot be read: ${reason.replace(/\.$/, '')}.`,
    {
      hint: 'Give a tokenizer.json of a fast tokenizer: AutoTokenizer.from_pretrained(…).save_pretrained(FOLDER) writes one.',
      details: { path },
      cause,
    },
  );
}
