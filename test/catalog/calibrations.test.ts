import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CalibrationLimits, calibrations } from '../../src/catalog/calibrations.ts';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { migrate, schemaVersion } from '../../src/catalog/migrate.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { CLOCK, opened, temporaryFolder } from './sample-version.ts';

const key = (letter: string) => letter.repeat(64);
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

describe('kept calibrations', () => {
  test('come back from another connection, the last value of a key', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(folder);
    catalog.calibrations.put(key('a'), bytes('first'));
    catalog.calibrations.put(key('a'), bytes('second'));
    const reader = await openCatalog({ folder, clock: CLOCK, mode: 'read' });
    onTestFinished(() => reader.close());
    expect(Buffer.from(reader.calibrations.get(key('a')) ?? []).toString()).toBe('second');
    expect(reader.calibrations.get(key('b'))).toBeUndefined();
    expect(() => reader.calibrations.put(key('b'), bytes('x'))).toThrow(
      expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }),
    );
  });

  function limitedTo(limits: CalibrationLimits) {
    const db = new BetterSqlite3(':memory:');
    onTestFinished(() => void db.close());
    migrate(db, 'memory');
    const kept = calibrations(db, CLOCK.now, limits);
    return {
      kept,
      letters: () => ['a', 'b', 'c', 'd'].filter((letter) => kept.get(key(letter)) !== undefined).join(''),
    };
  }

  test('those written first go when there are too many entries or bytes', () => {
    const few = limitedTo({ entries: 2, bytes: 1000 });
    for (const letter of ['a', 'b', 'a', 'c']) few.kept.put(key(letter), bytes('1234'));
    expect(few.letters()).toBe('ac');
    const small = limitedTo({ entries: 10, bytes: 10 });
    for (const letter of ['a', 'b', 'c']) small.kept.put(key(letter), bytes('1234'));
    expect(small.letters()).toBe('bc');
    small.kept.put(key('d'), bytes('longer than the limit'));
    expect(small.letters()).toBe('bc');
    small.kept.put(key('d'), bytes('123456789'));
    expect(small.letters()).toBe('d');
  });

  test('a changed row is damage for verify', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(folder);
    for (const letter of ['a', 'b']) catalog.calibrations.put(key(letter), bytes(letter));
    expect(await catalog.verify()).toMatchObject({ findings: [], checked: { calibrations: 2 } });
    const db = new BetterSqlite3(join(folder, 'catalog.db'));
    db.prepare('UPDATE calibration SET value = ? WHERE key = ?').run(bytes('c'), key('b'));
    db.close();
    expect((await catalog.verify()).findings).toMatchObject([
      {
        code: 'CATALOG_DAMAGED',
        args: { part: 'calibration', reason: 'the entry bbbbbbbbbbbb does not have its digest' },
      },
    ]);
  });

  test('a catalog of the first schema gets the table and keeps its rows', async () => {
    const folder = temporaryFolder();
    (await opened(folder)).close();
    const file = join(folder, 'catalog.db');
    const old = new BetterSqlite3(file);
    old.exec("DROP TABLE calibration; INSERT INTO model (name, last_number) VALUES ('mnist', 3)");
    old.pragma('user_version = 1');
    old.close();
    const catalog = await openCatalog({ folder, clock: CLOCK });
    onTestFinished(() => catalog.close());
    catalog.calibrations.put(key('a'), bytes('value'));
    expect(Buffer.from(catalog.calibrations.get(key('a')) ?? []).toString()).toBe('value');
    const db = new BetterSqlite3(file, { readonly: true });
    onTestFinished(() => void db.close());
    expect(schemaVersion(db)).toBe(MIGRATIONS.length);
    expect(db.prepare('SELECT name, last_number FROM model').all()).toEqual([{ name: 'mnist', last_number: 3 }]);
  });
});
