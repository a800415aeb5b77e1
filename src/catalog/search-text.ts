/** What people type, as queries of FTS5. Nothing of it reaches FTS5 unquoted, so nothing of it is syntax. */

/** More words than this do not make a search better. */
const MAX_WORDS = 32;
const MAX_WORD_LENGTH = 200;

/** A trigram index has no pieces shorter than this. */
const MIN_FRAGMENT_LENGTH = 3;

/** Characters that the unicode61 tokenizer makes words of: letters, digits and private use. */
const WORD_CHARACTER = /[\p{L}\p{N}\p{Co}]/u;

/**
 * All words must be there, the last one as the beginning of a word: `bert ba` → `"bert" "ba"*`.
 * @returns null when no word is left.
 */
export function wordQuery(text: string): string | null {
  const words = split(text).filter((word) => WORD_CHARACTER.test(word));
  if (words.length === 0) return null;
  const last = [...(words[words.length - 1] ?? '')].at(-1) ?? '';
  return words.map(quote).join(' ') + (WORD_CHARACTER.test(last) ? '*' : '');
}

/** All pieces of three characters and more must occur somewhere, within words too. */
export function fragmentQuery(text: string): string | null {
  const pieces = split(text).filter((piece) => [...piece].length >= MIN_FRAGMENT_LENGTH);
  return pieces.length === 0 ? null : pieces.map(quote).join(' ');
}

function split(text: string): string[] {
  return text
    .replaceAll('\0', ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS)
    .map((word) => word.slice(0, MAX_WORD_LENGTH));
}

function quote(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
