/** Where a page ends, as text that callers give back unread. */
import { NimifyError } from '../base/errors.ts';
import type { PageQuery } from './records.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

export function encodeCursor(place: Readonly<Record<string, string | number>>): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws NimifyError USAGE when `cursor` was not made by `encodeCursor` with these fields. */
export function decodeCursor<K extends string>(cursor: string, fields: readonly K[]): Record<K, number> {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Partial<Record<K, unknown>> | null;
    const values = fields.map((field) => place?.[field]);
    if (values.every((value) => Number.isSafeInteger(value) && (value as number) >= 0)) {
      return place as Record<K, number>;
    }
  } catch {
    // Not JSON: the same complaint as for a wrong field.
  }
  throw new NimifyError('USAGE', `The cursor ${JSON.stringify(cursor)} does not belong to this list.`, {
    hint: 'Give the nextCursor of the page before, or none for the first page.',
    details: { cursor },
  });
}

/** @throws NimifyError USAGE */
export function pageLimit({ limit = DEFAULT_LIMIT }: PageQuery): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new NimifyError('USAGE', `A page of ${limit} items cannot be made.`, {
    hint: `Give a limit between 1 and ${MAX_LIMIT}.`,
    details: { limit },
  });
}
