/** Texts as the tokens that a model was trained on: a fast tokenizer of Hugging Face (tokenizer.json and the files beside it). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import { encodeText, type Tokens } from './encode.ts';

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
  const isTypeless = hasNoTypes(definition.post_processor);
  const padId = padding(definition, settings, library);
  const most = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, length ?? Number.POSITIVE_INFINITY);
  return {
    path: file,
    digest,
    maxTokens: Number.isFinite(most) ? most : undefined,
    encode: (text, pair) => {
      const tokens = encodeText(library, text, pair ?? null, most);
      return padded(isTypeless ? { ...tokens, typeIds: tokens.ids.map(() => 0) } : tokens, length, padId);
    },
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

function padded(tokens: Tokens, length: number | undefined, padId: number): Tokens {
  const missing = Math.max(0, (length ?? 0) - tokens.ids.length);
  if (missing === 0) return tokens;
  const fill = (values: readonly number[], value: number) => [...values, ...Array<number>(missing).fill(value)];
  return { ids: fill(tokens.ids, padId), mask: fill(tokens.mask, 0), typeIds: fill(tokens.typeIds, 0) };
}

type Json = Readonly<Record<string, unknown>>;

/** RoBERTa knows one type of tokens; the library numbers those of a pair as BERT does. */
function hasNoTypes(processor: unknown): boolean {
  const { type, processors } = (processor ?? {}) as { type?: string; processors?: readonly unknown[] };
  return type === 'RobertaProcessing' || (processors?.some(hasNoTypes) ?? false);
}

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
