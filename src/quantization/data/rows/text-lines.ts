/** Plain text: one sample per line. */
import { scanLines } from './lines.ts';
import { type CheckRow, type Row, type RowFile, readPlace } from './row-file.ts';

/** Rows have the single key `text`. @throws NimifyError DATA_UNREADABLE */
export async function readTextLines(path: string, check: CheckRow, signal?: AbortSignal): Promise<RowFile> {
  const { places, digest } = await scanLines(path, (text, place) => check(rowOf(text, place)), signal);
  return {
    path,
    digest,
    count: places.count,
    row: async (index) => {
      const place = places.at(index);
      return rowOf(await readPlace(path, place), `${path}:${place.line}`);
    },
  };
}

function rowOf(text: string, place: string): Row {
  return { place, values: { text: text.replace(/\r$/, '') } };
}
