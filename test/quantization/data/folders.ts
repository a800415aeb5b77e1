/** Folders of small files for tests of the readers, and what comes out of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Feeds, SampleSet } from '../../../src/runtime/feeds.ts';

export type Content = Uint8Array | string;

export interface TestFolder {
  readonly path: string;
  /** A new folder with these files; names may have folders in front. */
  put(files: Readonly<Record<string, Content>>): string;
  putFile(name: string, content: Content): string;
  remove(): void;
}

export function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'nimify-data-'));
  let serial = 0;
  const put: TestFolder['put'] = (files) => {
    serial += 1;
    const place = join(path, String(serial));
    mkdirSync(place);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), content);
    }
    return place;
  };
  return {
    path,
    put,
    putFile: (name, content) => join(put({ [name]: content }), name),
    remove: () => rmSync(path, { recursive: true }),
  };
}

export async function allOf(set: SampleSet): Promise<Feeds[]> {
  const feeds: Feeds[] = [];
  for await (const sample of set.samples()) feeds.push(sample);
  return feeds;
}

/** The values of one input, sample by sample. */
export async function valuesOf(set: SampleSet, name = 'x'): Promise<(number | bigint | string)[][]> {
  return (await allOf(set)).map((feeds) => [...(feeds[name]?.data ?? [])]);
}
