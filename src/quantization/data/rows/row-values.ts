/** What a row has under a key, or an error that says what it has instead. */
import { NimifyError } from '../../../base/errors.ts';
import type { Row } from './row-file.ts';

/** @throws NimifyError DATA_MISMATCH */
export function textAt(row: Row, key: string): string {
  const value = valueAt(row, key);
  if (typeof value === 'string') return value;
  throw mismatch(row, `has ${JSON.stringify(value)?.slice(0, 40)} as ${key}, which is not a text`);
}

/** @throws NimifyError DATA_MISMATCH */
export function valueAt(row: Row, key: string): unknown {
  if (Object.hasOwn(row.values, key)) return row.values[key];
  const known = Object.keys(row.values).filter((name) => name !== '');
  throw mismatch(row, `has no ${key}; it has ${known.length === 0 ? 'no keys' : known.join(', ')}`);
}

/** @param what completes "data.csv:7 …" */
export function mismatch({ place }: Row, what: string, hint = 'Mend the line, or leave it out.'): NimifyError {
  return new NimifyError('DATA_MISMATCH', `${place} ${what}.`, { hint, details: { place } });
}
