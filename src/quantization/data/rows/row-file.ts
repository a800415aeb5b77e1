/** Files in which every row is a sample. Rows are found once and read when their turn comes. */
import { open } from 'node:fs/promises';
import { NimifyError } from '../../../base/errors.ts';

/** What stands in one row, by column or key. Cells of CSV files are text; JSON gives any value. */
export interface Row {
  /** `data.csv:7`, for messages. */
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface RowFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly count: number;
  /** @throws NimifyError DATA_UNREADABLE when the file changed */
  row(index: number): Promise<Row>;
}

/** Sees every row once, in order, while the file is read. */
export type CheckRow = (row: Row) => Promise<void>;

/** Where a row lies. */
export interface RowPlace {
  readonly offset: number;
  readonly length: number;
  /** Counted from 1. */
  readonly line: number;
}

/** Places of any number of rows, in 24 bytes each. */
export class RowPlaces {
  readonly #numbers: number[] = [];

  get count(): number {
    return this.#numbers.length / 3;
  }

  add({ offset, length, line }: RowPlace): void {
    this.#numbers.push(offset, length, line);
  }

  at(index: number): RowPlace {
    const [offset, length, line] = this.#numbers.slice(index * 3, index * 3 + 3) as [number, number, number];
    return { offset, length, line };
  }
}

/** @throws NimifyError DATA_UNREADABLE when the bytes are no longer there, or are not UTF-8 */
export async function readPlace(path: string, { offset, length, line }: RowPlace): Promise<string> {
  const bytes = Buffer.alloc(length);
  const file = await open(path);
  try {
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    if (bytesRead < length) throw badRow(`${path}:${line}`, 'is gone: the file became shorter while it was read');
  } finally {
    await file.close();
  }
  return decodeRow(bytes, `${path}:${line}`);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws NimifyError DATA_UNREADABLE */
export function decodeRow(bytes: Uint8Array, place: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw badRow(place, 'is not UTF-8', 'Save the file as UTF-8: iconv -f FROM -t UTF-8', error);
  }
}

/** @param what completes "data.csv:7 …" */
export function badRow(
  place: string,
  what: string,
  hint = 'Mend the line, or leave it out.',
  cause?: unknown,
): NimifyError {
  return new NimifyError('DATA_UNREADABLE', `${place} ${what}.`, { hint, details: { place }, cause });
}

export function isJsonLinesName(name: string): boolean {
  return /.\.(jsonl|ndjson)$/i.test(name);
}

export function isCsvName(name: string): boolean {
  return /.\.(csv|tsv)$/i.test(name);
}

export function isTextName(name: string): boolean {
  return /.\.txt$/i.test(name);
}
