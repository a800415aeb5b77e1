import { describe, expect, test } from 'vitest';
import { runFake } from './fake-io.ts';

describe('what goes wrong', () => {
  test('an abort ends with 130 and the code INTERRUPTED, whatever broke on the way', async () => {
    const signal = AbortSignal.abort();
    const { exitCode, json, stderr } = await runFake(['analyze', 'nowhere.onnx', '--json'], { signal });
    expect(exitCode).toBe(130);
    expect(json()).toMatchObject({ command: 'analyze', ok: false, error: { code: 'INTERRUPTED', exitCode: 130 } });
    expect(stderr).toContain('Stopped.');
  });

  test('a bug ends with 1, an apology and the versions; the stack only with --debug', async () => {
    const broken = { cwd: 7 as unknown as string };
    const short = await runFake(['config', 'explain'], broken);
    expect(short.exitCode).toBe(1);
    expect(short.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /BUG .* TypeError.* Sorry\. This is a bug in nimify \(nimify \d.*, Node 0, test\)/,
    );
    expect(short.stderr).not.toMatch(/^ +at /m);
    const long = await runFake(['config', 'explain', '--debug'], broken);
    expect(long.stderr).toMatch(/^ +at /m);
  });

  test('a file that is not there ends with 4, with one document and a text for the log', async () => {
    const { exitCode, json, stderr } = await runFake(['analyze', 'nowhere.onnx', '--json', '--progress', 'none']);
    expect(exitCode).toBe(4);
    expect(json().error).toMatchObject({ code: 'FILE_NOT_FOUND', exitCode: 4, hint: expect.any(String) });
    expect(stderr).toContain('✗ FILE_NOT_FOUND');
  });

  test('progress and errors never reach standard output', async () => {
    const { stdout, stderr } = await runFake(['analyze', 'nowhere.onnx', '--progress', 'json']);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr.split('\n')[0] as string)).toMatchObject({ type: 'plan' });
  });

  test('the configuration is read before any work: its problems come first', async () => {
    const { exitCode, json } = await runFake(['create', 'nowhere.onnx', '--replicas', '0', '--json']);
    expect(exitCode).toBe(2);
    expect(json().error?.message).toContain('--replicas  service.replicas must be a whole number of at least 1, not 0');
  });
});
