import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRepository } from '../../src/server/repository.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-repository-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text = 'x'): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

describe('readRepository', () => {
  test('says that the path is not there', async () => {
    await expect(readRepository(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('says what it expects in a folder without models', async () => {
    await put('readme.md');
    await put('0/model.onnx');
    await put('01/model.onnx');
    await expect(readRepository(folder)).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
      message: expect.stringContaining('holds no model: expected models/<name>/<version>/model.onnx'),
    });
  });

  test('names the model folder without a version, and the version without a file', async () => {
    await put('good/1/model.onnx');
    await put('bad/model.onnx');
    await expect(readRepository(folder)).rejects.toThrow(`${join(folder, 'bad')} has no version folder`);
    await put('bad/1/other.onnx');
    await expect(readRepository(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('passes over an ensemble beside its members, which Triton alone joins', async () => {
    await put('member/1/model.onnx');
    await put('both/config.pbtxt', 'platform: "ensemble"');
    await put('both/1/.keep');
    expect((await readRepository(folder)).map(({ name }) => name)).toEqual(['member']);
  });

  test.each([
    ['name: "other"', 'names the model other, but its folder is named net'],
    ['backend: "python"', 'asks for the backend python; only onnxruntime runs here'],
    ['platform: "ensemble"', 'asks for the backend ensemble'],
    ['max_batch_size: -1', 'max_batch_size is -1'],
    ['max_batch_size: {}', 'max_batch_size is'],
    ['default_model_filename: "../../x"', 'default_model_filename is ../../x, which is not the name of a file'],
    ['default_model_filename: "/etc/x"', 'default_model_filename is /etc/x,'],
    ['default_model_filename: "a\\\\x"', 'default_model_filename is a\\x,'],
    ['default_model_filename: ".."', 'default_model_filename is ..,'],
    ['input [', 'cannot be read: the text ends before ]'],
  ])('refuses a config.pbtxt with %s', async (config, message) => {
    await put('net/1/model.onnx');
    await put('net/config.pbtxt', config);
    await expect(readRepository(folder)).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
      message: expect.stringContaining(message),
    });
  });

  test('takes a single file as version 1 of a model named after it', async () => {
    await put('my.net.onnx');
    const path = join(folder, 'my.net.onnx');
    expect(await readRepository(path)).toEqual([{ name: 'my.net', version: '1', path, maxBatchSize: 0 }]);
  });

  test('takes the newest version by number, and the file that the config names', async () => {
    for (const version of ['2', '10', '9', '07', 'old']) await put(`net/${version}/net.onnx`);
    await put('net/config.pbtxt', 'backend: "onnxruntime" default_model_filename: "net.onnx" max_batch_size: 8');
    const path = join(folder, 'net', '10', 'net.onnx');
    expect(await readRepository(folder)).toEqual([{ name: 'net', version: '10', path, maxBatchSize: 8 }]);
  });

  test('takes the models folder of a service, sorted by name, and nothing beside it', async () => {
    await put('docker/1/model.onnx');
    await put('models/b/1/model.onnx');
    await put('models/a/1/model.onnx');
    expect((await readRepository(folder)).map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await readRepository(join(folder, 'models', 'b'))).map(({ name }) => name)).toEqual(['b']);
  });

  test('follows links to folders and leaves hidden folders alone, as Kubernetes mounts them', async () => {
    await put('..data/net/1/model.onnx');
    await put('.git/1/model.onnx');
    await symlink(join('..data', 'net'), join(folder, 'net'));
    expect((await readRepository(folder)).map(({ name }) => name)).toEqual(['net']);
  });

  test('finds the file in a folder of its name, where its external data lies', async () => {
    await put('net/1/model.onnx/model.onnx');
    expect((await readRepository(folder))[0]?.path).toBe(join(folder, 'net/1/model.onnx/model.onnx'));
  });

  test('reads the bounds of the latency histogram, sorted and whole', async () => {
    await put('net/1/model.onnx');
    await put(
      'net/config.pbtxt',
      `model_metrics { metric_control: [
        { metric_identifier: { family: "other" } histogram_options: { buckets: [ 7 ] } },
        { metric_identifier: { family: "nv_inference_first_response_histogram_ms" }
          histogram_options: { buckets: [ 50, 1, 5 ] } } ] }`,
    );
    expect((await readRepository(folder))[0]?.latencyBucketsMs).toEqual([1, 5, 50]);
  });
});
