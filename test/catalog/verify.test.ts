import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { opened, sampleVersion, temporaryFolder } from './sample-version.ts';

interface Damaged {
  readonly catalog: Catalog;
  readonly db: BetterSqlite3.Database;
  /** A stored blob: the served model. */
  readonly blob: string;
}

/** A catalog of three versions, damaged through a second connection or on the disk. */
async function damagedBy(damage: (what: Damaged) => void): Promise<Catalog> {
  const folder = temporaryFolder();
  const catalog = await opened(join(folder, 'home'));
  for (const name of ['a', 'b', 'c']) await catalog.record(sampleVersion(folder, name));
  const db = new BetterSqlite3(join(folder, 'home', 'catalog.db'));
  damage({ catalog, db, blob: catalog.store.path(catalog.show('b').modelSha256) });
  db.close();
  return catalog;
}

function withoutTrigger(db: BetterSqlite3.Database, name: string, sql: string): void {
  const text = db.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(name) as string;
  db.exec(`DROP TRIGGER ${name}; ${sql}; ${text}`);
}

describe('verify', () => {
  const damages: Record<string, { damage: (what: Damaged) => void; part: string; reason: RegExp }> = {
    'changed bytes of a stored model': {
      damage: ({ blob }) => {
        chmodSync(blob, 0o644);
        writeFileSync(blob, 'model of x');
      },
      part: 'blob',
      reason: /digest/,
    },
    'a stored model that is gone': { damage: ({ blob }) => rmSync(blob), part: 'blob', reason: /missing/ },
    'a stored model under a wrong name': {
      damage: ({ blob, catalog }) => renameSync(blob, join(dirname(catalog.store.path('0'.repeat(64))), '..', 'aa')),
      part: 'blob',
      reason: /missing|digest/,
    },
    'a changed row of the audit log': {
      damage: ({ db }) => withoutTrigger(db, 'audit_is_not_changed', "UPDATE audit SET actor = 'nobody' WHERE id = 2"),
      part: 'audit',
      reason: /row 2 \(b@1\) was changed/,
    },
    'a row taken out of the audit log': {
      damage: ({ db }) => withoutTrigger(db, 'audit_is_not_removed', 'DELETE FROM audit WHERE id = 2'),
      part: 'audit',
      reason: /row 3 does not follow/,
    },
    'the end of the audit log cut off': {
      damage: ({ db }) => withoutTrigger(db, 'audit_is_not_removed', 'DELETE FROM audit WHERE id = 3'),
      part: 'audit',
      reason: /c@1 is missing/,
    },
    'a row that names one that is gone': {
      damage: ({ db }) => {
        db.pragma('foreign_keys = OFF');
        db.exec('DELETE FROM blob WHERE sha256 = (SELECT model_sha256 FROM version WHERE id = 1)');
      },
      part: 'rows',
      reason: /a row of file names a row of blob/,
    },
    'a search index that does not fit its texts': {
      damage: ({ db }) => withoutTrigger(db, 'search_doc_changed', "UPDATE search_doc SET name = 'zzz' WHERE id = 1"),
      part: 'search',
      reason: /search_words/,
    },
  };
  for (const [what, { damage, part, reason }] of Object.entries(damages)) {
    test(`finds ${what}`, async () => {
      const { findings } = await (await damagedBy(damage)).verify();
      expect(findings[0]).toMatchObject({
        code: 'CATALOG_DAMAGED',
        severity: 'error',
        args: { part, reason: expect.stringMatching(reason) },
      });
    });
  }

  test('finds nothing in a sound catalog and counts what it looked at', async () => {
    const catalog = await damagedBy(() => {});
    expect(await catalog.verify()).toEqual({
      findings: [],
      sqliteVersion: expect.stringMatching(/^3\./),
      checked: {
        versions: 3,
        auditRows: 3,
        calibrations: 0,
        blobs: 9,
        blobBytes: 3 * (11 + 10 + 7),
        unreferencedBlobs: 0,
      },
    });
  });

  test('a whole file that no version names is counted, and is no damage', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'a');
    await catalog.store.add(version.model.path, { sha256: version.model.sha256 });
    const report = await catalog.verify();
    expect(report.findings).toEqual([]);
    expect(report.checked.unreferencedBlobs).toBe(1);
  });
});

describe('the audit log', () => {
  test('takes no change, no removal and no replacement', async () => {
    await damagedBy(({ db }) => {
      const tries = [
        "UPDATE audit SET actor = 'x'",
        'DELETE FROM audit',
        `INSERT OR REPLACE INTO audit SELECT id, at, 'x', action, subject, detail, prev_hash, hash FROM audit WHERE id = 1`,
        `INSERT OR REPLACE INTO audit SELECT 9, at, 'x', action, subject, detail, prev_hash, hash FROM audit WHERE id = 1`,
      ];
      for (const sql of tries) expect(() => db.exec(sql)).toThrow(/append-only/);
    });
  });

  test('says who recorded what', async () => {
    await damagedBy(({ db, catalog }) => {
      const row = db.prepare("SELECT at, actor, action, subject, detail FROM audit WHERE subject = 'b@1'").get() as {
        detail: string;
      };
      const { modelSha256, sourceSha256 } = catalog.show('b');
      expect({ ...row, detail: JSON.parse(row.detail) }).toEqual({
        at: '2026-11-21T08:00:00.000Z',
        actor: 'tester',
        action: 'record',
        subject: 'b@1',
        detail: { model: modelSha256, source: sourceSha256, nimify: '0.1.0' },
      });
    });
  });
});
