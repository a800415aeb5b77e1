/** CSV files (RFC 4180) with a header, parsed by csv-parse; commas, semicolons or tabs, whichever the header uses most. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { sha256File } from '../../../base/digest.ts';
import { NimifyError, readError } from '../../../base/errors.ts';
import { badRow, type CheckRow, type Row, type RowFile, RowPlaces, readPlace } from './row-file.ts';

const DELIMITERS = [',', ';', '\t'] as const;
/** As much of the header as decides about the delimiter. */
const HEADER_BYTES = 1 << 16;
const MAX_ROW_BYTES = 2 ** 26;

interface Scanned {
  readonly columns: readonly string[];
  readonly places: RowPlaces;
}

/** @throws NimifyError DATA_UNREADABLE for rows that do not fit the header, FILE_*; whatever `check` throws */
export async function readCsv(path: string, check: CheckRow, signal?: AbortSignal): Promise<RowFile> {
  const delimiter = await delimiterOf(path);
  const { columns, places } = await scan(path, delimiter, check, signal);
  const { parse } = await import('csv-parse/sync');
  return {
    path,
    digest: await sha256File(path, signal),
    count: places.count,
    row: async (index) => {
      const place = places.at(index);
      const [cells] = parse(await readPlace(path, place), { delimiter, skip_empty_lines: true }) as [string[]];
      return rowOf(columns, cells, `${path}:${place.line}`);
    },
  };
}

async function delimiterOf(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    const header = buffer.subarray(0, bytesRead).toString('utf8').split('\n', 1)[0] ?? '';
    const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
    return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
  } finally {
    await file.close();
  }
}

async function scan(path: string, delimiter: string, check: CheckRow, signal?: AbortSignal): Promise<Scanned> {
  const { parse } = await import('csv-parse');
  const parser = parse({ delimiter, bom: true, info: true, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES });
  let columns: readonly string[] | undefined;
  const places = new RowPlaces();
  let end = 0;
  const bytes = createReadStream(path);
  bytes.on('error', (error) => parser.destroy(error));
  try {
    const records: AsyncIterable<{ record: string[]; info: { bytes: number; lines: number } }> = bytes.pipe(parser);
    for await (const { record, info } of records) {
      signal?.throwIfAborted();
      const place = `${path}:${info.lines}`;
      if (columns === undefined) columns = checkHeader(record, place);
      else {
        await check(rowOf(columns, record, place));
        places.add({ offset: end, length: info.bytes - end, line: info.lines });
      }
      end = info.bytes;
    }
  } catch (error) {
    throw translated(error, path);
  } finally {
    bytes.destroy();
  }
  return { columns: columns ?? [], places };
}

function checkHeader(columns: readonly string[], place: string): readonly string[] {
  const names = columns.map((name) => name.trim());
  const hint = 'The first line names the columns: label,x1,x2 or label,text';
  if (names.includes('')) throw badRow(place, 'has a column without a name', hint);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw badRow(place, `names the column ${twice} twice`, hint);
  return names;
}

function rowOf(columns: readonly string[], cells: readonly string[], place: string): Row {
  return { place, values: Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ''])) };
}

/** csv-parse says the line in its message and in `lines`. */
function translated(error: unknown, path: string): unknown {
  if (error instanceof NimifyError) return error;
  const { lines, message } = error as { lines?: number; message: string };
  if (lines === undefined) return readError(error, path);
  const what = message.replace(/ (on|at) line \d+/, '').replace(/\.$/, '');
  return badRow(
    `${path}:${lines}`,
    `is not CSV: ${what}`,
    'Put quotes around cells with delimiters, and write " as "".',
    error,
  );
}
