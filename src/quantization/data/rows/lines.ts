/** The lines of a text file of any size: one is in memory at a time. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readError } from '../../../base/errors.ts';
import { badRow, decodeRow, RowPlaces } from './row-file.ts';

/** More than any sample takes; what has no line ends is no text. */
const MAX_LINE_BYTES = 2 ** 26;
const LINE_FEED = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface ScannedLines {
  /** Those that are not blank, in order. */
  readonly places: RowPlaces;
  /** SHA-256 of the file. */
  readonly digest: string;
}

/**
 * Blank lines are passed over, and so are a byte order mark and the carriage return in front of a line feed.
 * @param check sees the text of each line that is not blank
 * @throws NimifyError DATA_UNREADABLE, FILE_*; whatever `check` throws; or the abort reason of the signal
 */
export async function scanLines(
  path: string,
  check: (text: string, place: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<ScannedLines> {
  const hash = createHash('sha256');
  const places = new RowPlaces();
  let line = 1;
  let offset = 0;
  let rest: Buffer[] = [];
  const endLine = async () => {
    const bytes = Buffer.concat(rest);
    const mark = offset === 0 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    const text = decodeRow(bytes.subarray(mark), `${path}:${line}`);
    if (text.trim() !== '') {
      await check(text, `${path}:${line}`);
      places.add({ offset: offset + mark, length: bytes.length - mark, line });
    }
    offset += bytes.length + 1;
    line += 1;
    rest = [];
  };
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
        rest.push(chunk.subarray(from, at));
        from = at + 1;
        await endLine();
      }
      rest.push(chunk.subarray(from));
      const length = rest.reduce((sum, piece) => sum + piece.length, 0);
      if (length > MAX_LINE_BYTES)
        throw badRow(`${path}:${line}`, 'is longer than 64 MiB', 'Write one sample per line.');
    }
  } catch (error) {
    throw readError(error, path);
  }
  await endLine();
  return { places, digest: hash.digest('hex') };
}
