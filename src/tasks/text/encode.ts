/** One text or two as tokens, cut to a length: what the library of Hugging Face for JavaScript leaves to its callers. */
import type { Tokenizer as Library } from '@huggingface/tokenizers';

/** One text, special tokens included; all three lists have the same length. */
export interface Tokens {
  readonly ids: readonly number[];
  /** 1 for tokens, 0 for padding. */
  readonly mask: readonly number[];
  /** 0 for the first text, 1 for the second of a pair. */
  readonly typeIds: readonly number[];
}

/** What does not fit into `most` tokens is cut from the ends of the texts; special tokens stay. */
export function encodeText(library: Library, text: string, pair: string | null, most: number): Tokens {
  const whole = library.encode(text, { return_token_type_ids: true });
  if (pair === null && whole.ids.length <= most) return tokensOf(whole.ids, whole.token_type_ids);
  const first = plain(library, text);
  const second = pair === null ? null : plain(library, pair);
  const room = Math.max(0, most - processed(library, [], pair === null ? null : []).tokens.length);
  const [left, right] = second === null ? [room, 0] : kept(first.tokens.length, second.tokens.length, room);
  const made = processed(library, first.tokens.slice(0, left), second?.tokens.slice(0, right) ?? null);
  const idOf = new Map([...pairsOf(first), ...(second === null ? [] : pairsOf(second))]);
  const ids = made.tokens.map((token) => idOf.get(token) ?? library.token_to_id(token) ?? 0);
  return tokensOf(ids, made.typeIds);
}

interface PlainTokens {
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
}

/** Without special tokens. */
function plain(library: Library, text: string): PlainTokens {
  return library.encode(text, { add_special_tokens: false });
}

function pairsOf({ tokens, ids }: PlainTokens): [string, number][] {
  return tokens.map((token, index) => [token, ids[index] as number]);
}

/** Texts side by side with special tokens. A processor that adds none gives a pair back as two lists. */
function processed(
  library: Library,
  first: readonly string[],
  second: readonly string[] | null,
): { tokens: readonly string[]; typeIds: readonly number[] } {
  const parts = { tokens: [...first], tokens_pair: second === null ? null : [...second] };
  const made = library.post_processor?.post_process(parts.tokens, parts.tokens_pair) ?? parts;
  const rest: readonly string[] = made.tokens_pair ?? [];
  const typeIds = 'token_type_ids' in made ? made.token_type_ids : undefined;
  return {
    tokens: [...made.tokens, ...rest],
    typeIds: typeIds ?? [...made.tokens.map(() => 0), ...rest.map(() => 1)],
  };
}

function tokensOf(ids: readonly number[], typeIds: readonly number[] | undefined): Tokens {
  return { ids, mask: ids.map(() => 1), typeIds: typeIds ?? ids.map(() => 0) };
}

/** How many tokens of each text stay: "longest first" of the Rust library, tokenizers/src/utils/truncation.rs. */
function kept(first: number, second: number, most: number): [number, number] {
  if (first + second <= most) return [first, second];
  const [shorter, longer] = first > second ? [second, first] : [first, second];
  const rest = shorter > most ? shorter : Math.max(shorter, most - shorter);
  const [least, other] =
    shorter + rest > most ? [Math.floor(most / 2), Math.ceil(most / 2)] : [shorter, Math.min(longer, rest)];
  return first > second ? [other, least] : [least, other];
}
