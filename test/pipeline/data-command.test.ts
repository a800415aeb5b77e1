import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TensorInfo } from '../../src/onnx/value-info.ts';
import { runDataCommand } from '../../src/pipeline/data-command.ts';
import { openData } from '../../src/quantization/data/open.ts';
import { allOf } from '../quantization/data/folders.ts';
import { floats, npz } from '../quantization/data/npy-writer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-command-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const X: TensorInfo = { name: 'x', dataType: 'float32', shape: ['n', 2] };
const never = new AbortController().signal;

async function samples(command: string, signal = never) {
  const output = await runDataCommand(command, folder, signal);
  return output.read((path) => openData({ path, bind: {} }, [X], { image: {}, seed: 0 }));
}
const values = async (command: string) => (await allOf(await samples(command))).map(({ x }) => [...(x?.data ?? [])]);

describe('a data command', () => {
  test('that fails is told with its exit code and its last line on standard error', async () => {
    await expect(samples('echo one >&2; echo "no such table" >&2; exit 3')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(/ended with exit code 3: .*\(no such table\)/s),
      details: expect.objectContaining({ exitCode: 3, stderr: 'one\nno such table\n' }),
    });
    await expect(samples('kill -9 $$')).rejects.toMatchObject({
      message: expect.stringContaining('was ended by a signal'),
    });
  });

  test('that prints nothing, or something else, is told as what it is', async () => {
    await expect(samples('true')).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(samples('echo hello')).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('output of the data command:1 is not JSON'),
    });
  });

  test('ends with all that it started when the run is stopped', async () => {
    const stop = new AbortController();
    const mark = join(folder, 'late');
    const running = samples(`(sleep 1; touch ${mark}) | cat`, stop.signal);
    await wait(100);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await wait(1300);
    expect(existsSync(mark)).toBe(false);
  });

  test('may print JSON Lines', async () => {
    const set = await samples(`printf '{"x": [1, 2]}\\n{"x": [3, 4]}\\n'`);
    expect(set.count).toBe(2);
    expect(set.origin).toMatch(/^command: printf/);
    expect(set.pick([1]).origin).toBe(set.origin);
    expect(await values(`printf '{"x": [1, 2]}\\n{"x": [3, 4]}\\n'`)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('may print the bytes of a .npz or a .npy file', async () => {
    const files = { 'a.npz': npz({ x: floats([1, 2], [5, 6]) }, 6), 'a.npy': floats([1, 2], [5, 6]) };
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes);
      expect(await values(`cat ${join(folder, name)}`)).toEqual([[5, 6]]);
    }
  });

  test('is named by the digest of what it printed', async () => {
    const [one, same, other] = [
      await samples('echo "[1, 2]"'),
      await samples('echo "[1, 2]" #'),
      await samples('echo "[1, 3]"'),
    ];
    expect(same.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
  });
});
