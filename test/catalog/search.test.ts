import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { fragmentQuery, wordQuery } from '../../src/catalog/search-text.ts';
import { opened, sampleVersion, temporaryFolder } from './sample-version.ts';

async function catalogWith(...versions: readonly (readonly [name: string, reference: string])[]): Promise<Catalog> {
  const folder = temporaryFolder();
  const catalog = await opened(join(folder, 'home'));
  for (const [name, reference] of versions) {
    const version = sampleVersion(folder, name);
    await catalog.record({ ...version, source: { ...version.source, reference } });
  }
  return catalog;
}

const names = (catalog: Catalog, text: string) => catalog.search(text).items.map((version) => version.name);

describe('search', () => {
  test('text full of the syntax of FTS5 is text', async () => {
    const catalog = await catalogWith(
      ['bert-base', 'hub/bert-base v1.0'],
      ['plus', 'C++ runtime'],
      ['quote', 'x "b" y'],
    );
    const hostile = [
      'NEAR(',
      'NEAR(a b, 2)',
      '"',
      '""',
      '"""',
      'a"b',
      'AND',
      'OR OR',
      'NOT',
      'name:bert',
      '-bert',
      '^bert',
      '*',
      '(',
      ')',
      '{a b}:c',
      'a + b',
      "'; DROP TABLE version; --",
      '\0',
      'a\0b',
      '%_',
      '\\',
      'org/bert',
      'v1.0',
      '++',
      '???',
      '  \t ',
      'é'.repeat(5000),
      'x '.repeat(5000),
      '🙂🙂🙂',
      '\ud800',
    ];
    for (const text of hostile) expect(() => catalog.search(text)).not.toThrow();
    expect(names(catalog, 'bert-base')).toEqual(['bert-base']);
    expect(names(catalog, 'hub/bert')).toEqual(['bert-base']);
    expect(names(catalog, 'v1.0')).toEqual(['bert-base']);
    expect(names(catalog, 'C++')).toEqual(['plus']);
    expect(names(catalog, '"b"')).toEqual(['quote']);
    expect(names(catalog, 'NEAR(')).toEqual([]);
    expect(names(catalog, '???')).toEqual([]);
    expect((await catalog.verify()).findings).toEqual([]);
  });

  test('all words must be there, the last one as a beginning', async () => {
    const catalog = await catalogWith(['mnist', 'digits/classifier'], ['ultraface', 'faces/detector']);
    expect(names(catalog, 'digits class')).toEqual(['mnist']);
    expect(names(catalog, 'digits detector')).toEqual([]);
    expect(names(catalog, 'clazz digits')).toEqual([]);
    expect(names(catalog, 'CLASSIFIER')).toEqual(['mnist']);
  });

  test('operators, method and artifacts are searched too', async () => {
    const catalog = await catalogWith(['mnist', 'x']);
    for (const text of ['conv', 'Attention', 'int8', 'dynamic', 'docker', 'local'])
      expect(names(catalog, text)).toEqual(['mnist']);
  });

  test('a piece from within a word is found where no word fits', async () => {
    const catalog = await catalogWith(['ultraface', 'x'], ['yunet', 'Détecteur']);
    expect(names(catalog, 'trafa')).toEqual(['ultraface']);
    expect(names(catalog, 'tra')).toEqual(['ultraface']);
    expect(names(catalog, 'ra')).toEqual([]);
    expect(names(catalog, 'detect')).toEqual(['yunet']);
  });

  test('a name weighs more than a source', async () => {
    const catalog = await catalogWith(
      ['face', 'plain'],
      ['other', 'face'],
      ['third', 'nothing'],
      ['fourth', 'nothing'],
      ['fifth', 'no'],
    );
    expect(names(catalog, 'face')).toEqual(['face', 'other']);
  });

  test('text without letters lists everything', async () => {
    const catalog = await catalogWith(['a', 'x'], ['b', 'y']);
    expect(names(catalog, '  ')).toEqual(['b', 'a']);
  });

  test('pages hold each match once, also when versions are recorded between them', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    for (let i = 0; i < 7; i += 1) await catalog.record(sampleVersion(folder, `face-${i}`));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = catalog.search('face', { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.total).toBe(7);
      seen.push(...page.items.map((version) => version.name));
      await catalog.record(sampleVersion(folder, `face-late-${seen.length}`));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(['face-0', 'face-1', 'face-2', 'face-3', 'face-4', 'face-5', 'face-6']);
  });

  test('a cursor of another list is a usage error', async () => {
    const catalog = await catalogWith(['a', 'x'], ['b', 'y']);
    const { nextCursor } = catalog.list({ limit: 1 });
    const cursor = nextCursor ?? '';
    expect(() => catalog.search('a', { cursor })).toThrow(expect.objectContaining({ code: 'USAGE' }));
    const strange = Buffer.from('{"index":9,"upTo":1,"offset":0}').toString('base64url');
    expect(catalog.search('a', { cursor: strange }).items).toEqual([]);
  });
});

describe('search text', () => {
  test('every word is quoted and only a last letter or digit is taken as a beginning', () => {
    expect(wordQuery('bert ba')).toBe('"bert" "ba"*');
    expect(wordQuery('C++')).toBe('"C++"');
    expect(wordQuery('a"b ++')).toBe('"a""b"*');
    expect(wordQuery('++ "')).toBeNull();
    expect(fragmentQuery('ab abc a"bc')).toBe('"abc" "a""bc"');
    expect(fragmentQuery('ab')).toBeNull();
  });
});
