import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { loadSqlite } from '../../src/catalog/load-sqlite.ts';
import { checkIdentity, migrate, schemaVersion } from '../../src/catalog/migrate.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { journalModeFor } from '../../src/catalog/open-database.ts';
import { probeDatabase } from '../../src/catalog/probe.ts';
import { CLOCK, opened, sampleVersion, temporaryFolder } from './sample-version.ts';

const open = (folder: string, mode: 'read' | 'write' = 'write') => openCatalog({ folder, clock: CLOCK, mode });
const MODES = ['read', 'write'] as const;

/** A finished catalog with one version; the path of its database. */
async function finished(folder: string): Promise<string> {
  const catalog = await open(join(folder, 'home'));
  await catalog.record(sampleVersion(folder, 'mnist'));
  catalog.close();
  return join(folder, 'home', 'catalog.db');
}

describe('better-sqlite3 is met when a catalog is opened', () => {
  const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

  test('a package that is not there', async () => {
    const missing = () => Promise.reject(coded('ERR_MODULE_NOT_FOUND', "Cannot find package 'better-sqlite3'"));
    await expect(loadSqlite(missing)).rejects.toMatchObject({
      code: 'CATALOG_NOT_INSTALLED',
      hint: 'npm install better-sqlite3',
    });
  });

  test('a native part that was built for another Node, or not at all', async () => {
    const reasons = [
      coded(
        'ERR_DLOPEN_FAILED',
        'The module was compiled against a different Node.js version using\nNODE_MODULE_VERSION 127.',
      ),
      new Error('Could not locate the bindings file. Tried:\n → /x/build/better_sqlite3.node'),
    ];
    for (const reason of reasons) {
      const broken = class {
        constructor() {
          throw reason;
        }
      } as unknown as typeof BetterSqlite3;
      await expect(loadSqlite(async () => ({ default: broken }))).rejects.toMatchObject({
        code: 'CATALOG_NOT_INSTALLED',
        hint: 'npm rebuild better-sqlite3',
        message: expect.stringContaining(process.versions.node),
      });
    }
  });
});

describe('a catalog that cannot be used', () => {
  const damages: Record<string, (file: string) => void> = {
    'garbage instead of a database': (file) => writeFileSync(file, Buffer.alloc(20_000, 'garbage ')),
    'a few bytes': (file) => writeFileSync(file, 'x'),
    'no bytes': (file) => truncateSync(file, 0),
    'half of the file': (file) => truncateSync(file, statSync(file).size / 2),
    'a folder': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    for (const mode of MODES) {
      test(`${what} is told, to ${mode}, with the file and what to do`, async () => {
        const file = await finished(temporaryFolder());
        damage(file);
        await expect(open(join(file, '..'), mode)).rejects.toMatchObject({
          code: 'CATALOG_UNREADABLE',
          message: expect.stringContaining(file),
          hint: expect.stringContaining(file),
        });
      });
    }
  }

  test('damage in the middle of the file is told by the call that meets it', async () => {
    const file = await finished(temporaryFolder());
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 4096 * 2));
    const use = async () => {
      const catalog = await opened(join(file, '..'), { mode: 'read' });
      catalog.list();
      catalog.show('mnist');
    };
    await expect(use()).rejects.toMatchObject({ code: 'CATALOG_UNREADABLE' });
  });

  test('the database of another program is left as it is', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'catalog.db');
    new BetterSqlite3(file).exec('CREATE TABLE songs (title TEXT)').close();
    const before = readFileSync(file);
    for (const mode of MODES) {
      await expect(open(folder, mode)).rejects.toMatchObject({
        code: 'CATALOG_UNREADABLE',
        message: expect.stringContaining('another program'),
      });
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a newer schema and a newer layout are refused and left as they are', async () => {
    const file = await finished(temporaryFolder());
    const folder = join(file, '..');
    const db = new BetterSqlite3(file);
    db.pragma('user_version = 99');
    db.close();
    const before = readFileSync(file);
    for (const mode of MODES)
      await expect(open(folder, mode)).rejects.toMatchObject({ code: 'CATALOG_NEWER', details: { found: 99 } });
    expect(readFileSync(file).equals(before)).toBe(true);
    writeFileSync(join(folder, 'layout.json'), '{"layoutVersion":2}');
    for (const mode of MODES)
      await expect(open(folder, mode)).rejects.toMatchObject({ code: 'CATALOG_NEWER', details: { found: 2 } });
    for (const text of ['', '[]', 'null', '{"layoutVersion":"1"}']) {
      writeFileSync(join(folder, 'layout.json'), text);
      await expect(open(folder)).rejects.toMatchObject({
        code: 'CATALOG_UNREADABLE',
        hint: expect.stringContaining('layout.json'),
      });
    }
  });

  test('a data folder that is a file cannot be written', async () => {
    const path = join(temporaryFolder(), 'home');
    writeFileSync(path, '');
    for (const folder of [path, join(path, 'below')]) {
      await expect(open(folder)).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        hint: expect.stringContaining('NIMIFY_HOME'),
      });
    }
  });
});

describe('opening a catalog', () => {
  test('reading where there is none finds nothing and makes nothing', async () => {
    const folder = join(temporaryFolder(), 'home');
    const catalog = await opened(folder, { mode: 'read' });
    expect(catalog.list()).toEqual({ items: [], total: 0, nextCursor: null });
    expect(catalog.search('mnist')).toEqual({ items: [], total: 0, nextCursor: null });
    expect(() => catalog.show('mnist')).toThrow(expect.objectContaining({ code: 'CATALOG_NOT_FOUND' }));
    expect((await catalog.verify()).findings).toEqual([]);
    expect(await probeDatabase(folder)).toMatchObject({ damage: null });
    expect(existsSync(folder)).toBe(false);
  });

  test('reading changes no file of the folder and leaves none', async () => {
    const file = await finished(temporaryFolder());
    const folder = join(file, '..');
    const before = readFileSync(file);
    const catalog = await open(folder, 'read');
    expect(catalog.list().total).toBe(1);
    expect((await catalog.verify()).findings).toEqual([]);
    catalog.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['blobs', 'catalog.db', 'layout.json', 'tmp']);
  });

  test('the database is in WAL mode, marked as ours, and strict about types', async () => {
    const folder = temporaryFolder();
    await opened(folder);
    const db = new BetterSqlite3(join(folder, 'catalog.db'));
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('application_id', { simple: true })).toBe(0x6e696d69);
    expect(() => db.exec("INSERT INTO model (name, last_number) VALUES ('x', 'many')")).toThrow(/INTEGER/);
    db.close();
  });

  test('a catalog that was moved aside is begun anew and stored models stay', async () => {
    const folder = temporaryFolder();
    const file = await finished(folder);
    rmSync(file);
    const catalog = await opened(join(file, '..'));
    expect(catalog.list().total).toBe(0);
    expect((await catalog.record(sampleVersion(folder, 'mnist'))).id).toBe('mnist@1');
  });

  test('a network file system gets no WAL, whose shared memory it cannot give', () => {
    expect(journalModeFor(0x6969)).toBe('DELETE');
    expect(journalModeFor(0xef53)).toBe('WAL');
  });

  test('doctor learns the versions and the damage', async () => {
    const file = await finished(temporaryFolder());
    const folder = join(file, '..');
    expect(await probeDatabase(folder)).toEqual({
      packageVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      sqliteVersion: expect.stringMatching(/^3\.\d+\.\d+/),
      damage: null,
    });
    writeFileSync(file, 'garbage');
    expect((await probeDatabase(folder)).damage).toContain(file);
  });
});

describe('migrations', () => {
  const NEXT = [...MIGRATIONS, 'ALTER TABLE model ADD COLUMN note TEXT'];

  test('a step that fails leaves the schema and its version as they were', async () => {
    const file = await finished(temporaryFolder());
    const db = new BetterSqlite3(file);
    expect(() => migrate(db, file, [...NEXT, 'CREATE TABLE model (x)'])).toThrow(/already exists/);
    expect(schemaVersion(db)).toBe(MIGRATIONS.length);
    expect(() => db.prepare('SELECT note FROM model')).toThrow(/no such column/);
    db.close();
  });

  test('a process that comes second finds the work done', () => {
    const file = join(temporaryFolder(), 'catalog.db');
    const [first, second] = [new BetterSqlite3(file), new BetterSqlite3(file)];
    const begin = second.transaction.bind(second);
    // The first one migrates after the second has read the version and before its transaction begins.
    second.transaction = ((work: () => void) => {
      migrate(first, file);
      return begin(work);
    }) as typeof second.transaction;
    expect(() => migrate(second, file)).not.toThrow();
    expect(schemaVersion(second)).toBe(MIGRATIONS.length);
    first.close();
    second.close();
  });

  test('an older catalog is copied and brought up to date with its rows', async () => {
    const file = await finished(temporaryFolder());
    const db = new BetterSqlite3(file);
    migrate(db, file, NEXT);
    expect(schemaVersion(db)).toBe(NEXT.length);
    expect(db.prepare('SELECT name, note FROM model').all()).toEqual([{ name: 'mnist', note: null }]);
    db.close();
    const backup = new BetterSqlite3(join(file, '..', `catalog.v${MIGRATIONS.length}.bak`), { readonly: true });
    expect(schemaVersion(backup)).toBe(MIGRATIONS.length);
    expect(() => checkIdentity(backup, file)).not.toThrow();
    expect(backup.prepare('SELECT name FROM model').pluck().get()).toBe('mnist');
    backup.close();
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('tmp.') || name.endsWith('.tmp'))).toEqual([]);
  });

  test('a backup that is there already is not replaced', async () => {
    const file = await finished(temporaryFolder());
    const backup = join(file, '..', `catalog.v${MIGRATIONS.length}.bak`);
    writeFileSync(backup, 'the first');
    const db = new BetterSqlite3(file);
    migrate(db, file, NEXT);
    db.close();
    expect(readFileSync(backup, 'utf8')).toBe('the first');
  });
});
