import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { NimifyError } from '../../src/base/errors.ts';
import { resolveSource, SOURCES } from '../../src/sources/registry.ts';
import { suggestName } from '../../src/sources/service-name.ts';
import type { LocalModel } from '../../src/sources/source.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nimify-sources-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const { signal } = new AbortController();
const find = (reference: string): Promise<LocalModel> => resolveSource(reference, { cwd, signal });

function file(path: string, content = 'model'): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

async function errorOf(reference: string): Promise<NimifyError> {
  const error = await find(reference).catch((thrown: unknown) => thrown);
  if (error instanceof NimifyError) return error;
  throw new Error(`no NimifyError but ${error}`);
}

describe('references that lead nowhere', () => {
  test('a missing file is named with its whole path', async () => {
    const error = await errorOf('models/net.onnx');
    expect(error.code).toBe('FILE_NOT_FOUND');
    expect(error.message).toBe(`${join(cwd, 'models/net.onnx')} does not exist.`);
    expect(error.exitCode).toBe(4);
  });

  test('a slip of the finger gets the name that was meant', async () => {
    file('models/resnet50.onnx');
    expect((await errorOf('models/resnet5O.onnx')).hint).toBe(`Did you mean ${join(cwd, 'models/resnet50.onnx')}?`);
    expect((await errorOf('models/resent50')).hint).toContain('models/resnet50.onnx?');
    expect((await errorOf('models/bert.onnx')).hint).toBe('Check the spelling of the path.');
  });

  test('a path that takes a file for a folder', async () => {
    file('net.onnx');
    expect((await errorOf('net.onnx/model.onnx')).code).toBe('FILE_NOT_FOUND');
  });

  test.each(['hf:google/bert', 'google/bert-base', 'BAAI/bge-small-en-v1.5'])(
    '%s is taken for a Hugging Face repository, and the hint says how to go on',
    async (reference) => {
      const error = await errorOf(reference);
      expect(error.code).toBe('SOURCE_UNSUPPORTED');
      expect(error.message).toBe(`${reference} names a Hugging Face repository, and those are not fetched yet.`);
      expect(error.hint).toContain('nimify analyze ./model.onnx');
      expect(error.exitCode).toBe(2);
    },
  );

  test.each(['https://host/model.onnx', 's3://bucket/model.onnx', 'file:///tmp/model.onnx'])(
    '%s is in a form that no source understands',
    async (reference) => {
      const error = await errorOf(reference);
      expect(error.code).toBe('SOURCE_UNSUPPORTED');
      expect(error.message).not.toContain('Hugging Face');
    },
  );

  test.each(['./google/bert', '../google/bert', 'a/b/c', 'google/bert.onnx', 'model.onnx'])(
    '%s is a path and nothing else',
    async (reference) => {
      expect((await errorOf(reference)).code).toBe('FILE_NOT_FOUND');
    },
  );

  test('an empty file', async () => {
    file('empty.onnx', '');
    expect((await errorOf('empty.onnx')).code).toBe('MODEL_EMPTY');
  });

  test('a link that leads nowhere', async () => {
    symlinkSync('gone.onnx', join(cwd, 'link.onnx'));
    expect((await errorOf('link.onnx')).code).toBe('FILE_NOT_FOUND');
  });

  test('an abort ends the reading', async () => {
    file('net.onnx');
    await expect(resolveSource('net.onnx', { cwd, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});

describe('folders', () => {
  test('with no model', async () => {
    file('empty/readme.md');
    const error = await errorOf('empty');
    expect(error.code).toBe('MODEL_IS_FOLDER');
    expect(error.message).toBe(`${join(cwd, 'empty')} is a folder without a .onnx file.`);
  });

  test('with two models: both are listed, and the hint names one', async () => {
    file('two/b.onnx');
    file('two/a.ONNX');
    const error = await errorOf('two');
    expect(error.code).toBe('MODEL_IS_FOLDER');
    expect(error.message).toContain('2 models: a.ONNX, b.onnx');
    expect(error.hint).toContain(join(cwd, 'two', 'a.ONNX'));
    expect(error.details).toMatchObject({ candidates: ['a.ONNX', 'b.onnx'] });
  });

  test('with one model at the top, whatever lies below', async () => {
    file('bert/model.onnx');
    file('bert/onnx/other.onnx');
    expect((await find('bert')).path).toBe(join(cwd, 'bert', 'model.onnx'));
  });

  test('a folder with the name of a repository is a folder', async () => {
    file('google/bert/model.onnx');
    expect(await find('google/bert')).toMatchObject({ kind: 'local-file', suggestedName: 'bert' });
  });
});

describe('a model that is there', () => {
  test('is not read before somebody wants its digest, and then once', async () => {
    file('net.onnx', 'before');
    const { digest } = await find('net.onnx');
    file('net.onnx', 'bytes of a model');
    expect(await digest()).toBe(sha256('bytes of a model'));
    file('net.onnx', 'later');
    expect(await digest()).toBe(sha256('bytes of a model'));
  });

  test('comes with its size and name', async () => {
    file('nets/Resnet_50 (v2).onnx', 'bytes of a model');
    expect(await find('nets/Resnet_50 (v2).onnx')).toEqual({
      kind: 'local-file',
      reference: 'nets/Resnet_50 (v2).onnx',
      path: join(cwd, 'nets/Resnet_50 (v2).onnx'),
      digest: expect.any(Function),
      sizeBytes: 16,
      suggestedName: 'resnet-50-v2',
    });
  });

  test('keeps the link that it was named by, because data files lie beside it', async () => {
    file('blobs/1234', 'x');
    mkdirSync(join(cwd, 'snapshots'));
    symlinkSync('../blobs/1234', join(cwd, 'snapshots/net.onnx'));
    expect((await find('snapshots/net.onnx')).path).toBe(join(cwd, 'snapshots/net.onnx'));
  });
});

describe('suggested names', () => {
  test.each([
    ['/m/tiny-bert/model.onnx', 'tiny-bert'],
    ['/m/tiny-bert/onnx/model_quantized.onnx', 'tiny-bert'],
    ['/repository/resnet/1/model.onnx', 'resnet'],
    ['/m/version-RFB-320.onnx', 'version-rfb-320'],
    ['/m/Résumé Net.ONNX', 'resume-net'],
    ['/hub/models--google--vit_base/snapshots/0a1b2c/onnx/model.onnx', 'vit-base'],
    ['/m/模型.onnx', 'm'],
    ['/model.onnx', 'model'],
    ['/模型.onnx', 'model'],
    [`/m/${'a'.repeat(62)}-b.onnx`, 'a'.repeat(62)],
    ['/m/--x--.onnx', 'x'],
  ])('%s → %s', (path, name) => {
    expect(suggestName(path)).toBe(name);
    expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });
});

test('every source has an id of its own', () => {
  const ids = SOURCES.map((source) => source.id);
  expect(new Set(ids).size).toBe(ids.length);
});
