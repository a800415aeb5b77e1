/** JSON Lines (jsonlines.org): one JSON object per line, input name → nested numbers, or a text for a tokenizer. */
import { scanLines } from './lines.ts';
import { badRow, type CheckRow, type Row, type RowFile, readPlace } from './row-file.ts';

/**
 * A line that is an array or a number is the value of the only input; its key is then ''.
 * @throws NimifyError DATA_UNREADABLE
 */
export async function readJsonLines(path: string, check: CheckRow, signal?: AbortSignal): Promise<RowFile> {
  const { places, digest } = await scanLines(path, (text, place) => check(parse(text, place)), signal);
  return {
    path,
    digest,
    count: places.count,
    row: async (index) => {
      const place = places.at(index);
      return parse(await readPlace(path, place), `${path}:${place.line}`);
    },
  };
}

function parse(text: string, place: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const hint = /\b(NaN|Infinity)\b/.test(text)
      ? 'NaN and Infinity are not JSON; leave such samples out.'
      : 'Write one JSON object per line, without line breaks inside.';
    throw badRow(place, `is not JSON: ${(error as Error).message}`, hint, error);
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return { place, values: isObject ? (value as Row['values']) : { '': value } };
}
