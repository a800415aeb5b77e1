import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeSample } from './sample-file.ts';
import { opened, sampleVersion, temporaryFolder } from './sample-version.ts';

describe('recording a version', () => {
  test('a file whose bytes are not those of its digest is refused and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'mnist');
    writeFileSync(version.model.path, 'something else');
    await expect(catalog.record(version)).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
      details: { path: version.model.path },
    });
    expect(catalog.list().total).toBe(0);
    expect(readdirSync(join(folder, 'home', 'tmp'))).toEqual([]);
  });

  test('a changed small artifact is refused too', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'mnist');
    writeFileSync(version.artifacts[0]?.path ?? '', 'FROM elsewhere');
    await expect(catalog.record(version)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  test('a missing file, a digest that is none and a name that is no DNS label are refused', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'mnist');
    const withSource = (change: object) => ({
      ...version,
      source: { ...version.source, file: { ...version.source.file, ...change } },
    });
    await expect(catalog.record(withSource({ path: join(folder, 'gone.onnx') }))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await expect(catalog.record(withSource({ sha256: '../../../etc/passwd' }))).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
    });
    await expect(catalog.record({ ...version, name: 'Mnist@2' })).rejects.toMatchObject({
      code: 'SERVICE_NAME_INVALID',
    });
    expect(catalog.list().total).toBe(0);
  });

  test('an interrupt stops the copy and leaves no temporary file', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(catalog.record(sampleVersion(folder, 'mnist'), { signal })).rejects.toThrow('stopped');
    expect(readdirSync(join(folder, 'home', 'tmp'))).toEqual([]);
  });

  test('a catalog opened for reading records nothing', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'), { mode: 'read' });
    await expect(catalog.record(sampleVersion(folder, 'mnist'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });

  test('versions are numbered per name, and what was given comes back', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const first = sampleVersion(folder, 'mnist', 'one');
    expect((await catalog.record(first)).id).toBe('mnist@1');
    expect((await catalog.record(sampleVersion(folder, 'bert'))).id).toBe('bert@1');
    expect((await catalog.record(sampleVersion(folder, 'mnist', 'two'))).id).toBe('mnist@2');
    expect(catalog.show('mnist@1')).toEqual({
      id: 'mnist@1',
      name: 'mnist',
      number: 1,
      createdAt: first.createdAt,
      nimifyVersion: '0.1.0',
      precision: 'int8',
      method: 'dynamic',
      modelSha256: first.model.sha256,
      modelSizeBytes: 12,
      sourceReference: 'models/mnist.onnx',
      sourceSha256: first.source.file.sha256,
      serviceFolder: first.serviceFolder,
      sourceKind: 'local',
      relation: 'quantized-from',
      recipe: first.recipe,
      evaluation: first.evaluation,
      analysis: first.analysis,
      dataFiles: [],
      artifacts: [{ ...first.artifacts[0], path: 'Dockerfile' }],
    });
  });

  test('the bytes of source, model, external data and small artifacts are kept; of large artifacts the digest', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'mnist');
    const data = { ...writeSample(join(folder, 'written', 'weights.bin'), 'weights'), location: 'weights.bin' };
    const large = { id: 'triton', ...writeSample(join(folder, 'written', 'large'), Buffer.alloc(1 << 20)) };
    await catalog.record({
      ...version,
      model: { ...version.model, dataFiles: [data] },
      artifacts: [...version.artifacts, large],
      filesFolder: join(folder, 'written'),
    });
    const kept = [version.source.file, version.model, data, ...version.artifacts];
    for (const file of kept) {
      const stored = catalog.store.path(file.sha256);
      expect(readFileSync(stored)).toEqual(readFileSync(file.path));
      expect(statSync(stored).mode & 0o777).toBe(0o444);
    }
    expect(existsSync(catalog.store.path(large.sha256))).toBe(false);
    const detail = catalog.show('mnist');
    expect(detail.dataFiles).toEqual([{ ...data, of: 'model', path: 'weights.bin' }]);
    expect(detail.artifacts[1]).toEqual({ ...large, path: 'large' });
    expect((await catalog.verify()).findings).toEqual([]);
  });

  test('bytes that are there already are kept once, and a damaged copy of another size is replaced', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'mnist');
    await catalog.record(version);
    const stored = catalog.store.path(version.model.sha256);
    const before = statSync(stored).ino;
    await catalog.record(version);
    expect(statSync(stored).ino).toBe(before);
    rmSync(stored);
    writeFileSync(stored, 'mod');
    await catalog.record(version);
    expect(readFileSync(stored, 'utf8')).toBe('model of mnist');
    expect((await catalog.verify()).findings).toEqual([]);
  });

  test('what died in tmp a day ago is removed, what is younger stays', async () => {
    const folder = temporaryFolder();
    await opened(folder);
    writeFileSync(join(folder, 'tmp', 'left'), 'half a model');
    const later = (hours: number) => ({
      ...{ monotonicMs: () => 0 },
      now: () => new Date(Date.now() + hours * 3_600_000),
    });
    await opened(folder, { clock: later(23) });
    expect(readdirSync(join(folder, 'tmp'))).toEqual(['left']);
    await opened(folder, { clock: later(25) });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('finding a version', () => {
  test('a wrong name brings names that are close', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    expect(() => catalog.show('mnist')).toThrow(
      expect.objectContaining({ code: 'CATALOG_NOT_FOUND', hint: expect.stringContaining('empty') }),
    );
    for (const name of ['mnist', 'bert-base', 'yunet']) await catalog.record(sampleVersion(folder, name));
    const hintOf = (id: string): string => {
      try {
        catalog.show(id);
      } catch (error) {
        return (error as { hint: string }).hint;
      }
      throw new Error(`${id} was found`);
    };
    expect(hintOf('mnsit')).toBe('Did you mean mnist?');
    expect(hintOf('bert')).toBe('Did you mean bert-base?');
    expect(hintOf('zzz')).toBe('nimify catalog list shows what is there.');
    expect(hintOf('mnist@7')).toBe('The newest version of mnist is mnist@1.');
    expect(hintOf('mnist@0')).toBe('The newest version of mnist is mnist@1.');
    expect(hintOf('')).toContain('list');
    expect(() => catalog.lineage('mnsit')).toThrow(expect.objectContaining({ code: 'CATALOG_NOT_FOUND' }));
  });

  test('name, name@latest, name@number and a beginning of the digest all lead to it', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const first = await catalog.record(sampleVersion(folder, 'mnist', 'one'));
    await catalog.record(sampleVersion(folder, 'mnist', 'two'));
    expect(catalog.show('mnist').id).toBe('mnist@2');
    expect(catalog.show('mnist@latest').id).toBe('mnist@2');
    expect(catalog.show('mnist@1').id).toBe('mnist@1');
    expect(catalog.show(first.modelSha256.slice(0, 8)).id).toBe('mnist@1');
    expect(catalog.show(first.modelSha256.toUpperCase()).id).toBe('mnist@1');
    expect(() => catalog.show(first.modelSha256.slice(0, 7))).toThrow(
      expect.objectContaining({ code: 'CATALOG_NOT_FOUND' }),
    );
  });

  test('a name that looks like a digest is a name first', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const other = await catalog.record(sampleVersion(folder, 'other'));
    await catalog.record(sampleVersion(folder, other.modelSha256.slice(0, 12)));
    expect(catalog.show(other.modelSha256.slice(0, 12)).name).toBe(other.modelSha256.slice(0, 12));
    expect(() => catalog.show(other.modelSha256.slice(0, 11))).not.toThrow();
  });
});

describe('listing', () => {
  test('a cursor that is not of this list and a limit out of range are usage errors', async () => {
    const catalog = await opened(temporaryFolder());
    const usage = expect.objectContaining({ code: 'USAGE' });
    const strange = ['x', '', 'bnVsbA', Buffer.from('{"before":"1; DROP TABLE version"}').toString('base64url')];
    for (const cursor of strange) expect(() => catalog.list({ cursor })).toThrow(usage);
    for (const limit of [0, -1, 1.5, 1001, Number.NaN]) expect(() => catalog.list({ limit })).toThrow(usage);
  });

  test('pages go from new to old, and versions recorded meanwhile move nothing', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    for (let i = 0; i < 5; i += 1) await catalog.record(sampleVersion(folder, `m${i}`));
    const first = catalog.list({ limit: 2 });
    expect(first.items.map((v) => v.name)).toEqual(['m4', 'm3']);
    expect(first.total).toBe(5);
    await catalog.record(sampleVersion(folder, 'late'));
    const second = catalog.list({ limit: 2, cursor: first.nextCursor ?? '' });
    const third = catalog.list({ limit: 2, cursor: second.nextCursor ?? '' });
    expect([...second.items, ...third.items].map((v) => v.name)).toEqual(['m2', 'm1', 'm0']);
    expect(third.nextCursor).toBeNull();
  });

  test('the versions of one model can be listed alone', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    for (const name of ['a', 'b', 'a']) await catalog.record(sampleVersion(folder, name));
    const page = catalog.list({ name: 'a' });
    expect(page.items.map((v) => v.id)).toEqual(['a@2', 'a@1']);
    expect(page.total).toBe(2);
    expect(catalog.list({ name: 'none' })).toEqual({ items: [], total: 0, nextCursor: null });
  });
});

describe('lineage', () => {
  test('leads from the source over the model to the artifacts, and through a model that became a source', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const first = sampleVersion(folder, 'first');
    const second = {
      ...sampleVersion(folder, 'second'),
      source: { kind: 'local', reference: 'first.onnx', file: first.model },
    };
    await catalog.record(first);
    await catalog.record(second);
    await catalog.record(sampleVersion(folder, 'stranger'));
    const graph = catalog.lineage('second');
    expect(graph.nodes.map((n) => [n.kind, n.label])).toEqual([
      ['source', 'models/first.onnx'],
      ['model', 'first@1 (first.onnx)'],
      ['model', 'second@1'],
      ['artifact', 'docker: Dockerfile'],
    ]);
    const artifact = second.artifacts[0]?.sha256;
    expect(graph.edges).toHaveLength(3);
    expect(graph.edges).toEqual(
      expect.arrayContaining([
        { child: first.model.sha256, parent: first.source.file.sha256, relation: 'quantized-from' },
        { child: second.model.sha256, parent: first.model.sha256, relation: 'quantized-from' },
        { child: artifact, parent: second.model.sha256, relation: 'generated-from' },
      ]),
    );
    expect(catalog.lineage('first').nodes.map((n) => n.label)).toContain('second@1');
  });

  test('a circle ends', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const there = sampleVersion(folder, 'there', 'there', { artifacts: [] });
    const back = {
      ...sampleVersion(folder, 'back', 'back', { artifacts: [] }),
      source: { kind: 'local', reference: 'there', file: there.model },
      model: { ...there.source.file, precision: 'float32', method: 'strange' },
    };
    await catalog.record(there);
    await catalog.record(back);
    const graph = catalog.lineage('there');
    expect(graph.nodes).toHaveLength(2);
    expect(graph.edges).toHaveLength(2);
  });

  test('a model served as it came is one node without an edge to itself', async () => {
    const folder = temporaryFolder();
    const catalog = await opened(join(folder, 'home'));
    const version = sampleVersion(folder, 'copy', 'copy', { relation: 'copied-from' });
    await catalog.record({ ...version, model: { ...version.source.file, precision: 'float32', method: 'original' } });
    const graph = catalog.lineage('copy');
    expect(graph.nodes[0]?.label).toBe('copy@1 (models/copy.onnx)');
    expect(graph.edges).toEqual([
      { child: version.artifacts[0]?.sha256, parent: version.source.file.sha256, relation: 'generated-from' },
    ]);
  });
});
