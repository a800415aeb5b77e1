/** The two printers of structured files. Equal objects give equal bytes. */
import { Document, stringify } from 'yaml';

/** Two spaces, a final newline; the order of keys is the order in the object. */
export function printJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The same value with the keys of every object sorted. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sortKeys(entry)]));
}

// Go programs read YAML 1.1: a service named `on` or a digest like 123e45 must stay a string there.
const PRINTING = { lineWidth: 0, aliasDuplicateObjects: false } as const;
const READER = { compat: 'yaml-1.1' } as const;

export function printYaml(value: unknown, comment?: string): string {
  const text = stringify(value, { ...PRINTING, ...READER });
  return comment === undefined ? text : `${comment.replace(/^/gm, '# ')}\n${text}`;
}

/** Prints a mapping with a comment above each of its top-level keys that has one. */
export function printCommentedYaml(
  value: Readonly<Record<string, unknown>>,
  comments: Readonly<Record<string, string>>,
): string {
  const document = new Document({}, READER);
  for (const [key, entry] of Object.entries(value)) {
    const pair = document.createPair(key, entry, { aliasDuplicateObjects: false });
    const comment = comments[key];
    if (comment !== undefined) (pair.key as { commentBefore?: string }).commentBefore = comment.replace(/^/gm, ' ');
    document.add(pair);
  }
  return document.toString(PRINTING);
}
