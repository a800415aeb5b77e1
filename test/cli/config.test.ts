import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runFake } from './fake-io.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nimify-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

describe('config init', () => {
  test('does not overwrite without --force', async () => {
    writeFileSync(join(cwd, 'nimify.config.yaml'), 'slo: {latencyMs: 5}\n');
    const refused = await runFake(['config', 'init', '--json'], { cwd });
    expect(refused.exitCode).toBe(2);
    expect(refused.json().error?.code).toBe('CONFIG_EXISTS');
    expect((await runFake(['config', 'init', '--force'], { cwd })).exitCode).toBe(0);
    expect(readFileSync(join(cwd, 'nimify.config.yaml'), 'utf8')).toContain('# latencyMs: 100');
  });

  test('writes a file that changes nothing', async () => {
    const before = (await runFake(['config', 'explain', '--json'], { cwd })).json().result;
    expect((await runFake(['config', 'init'], { cwd })).exitCode).toBe(0);
    const after = (await runFake(['config', 'explain', '--json'], { cwd })).json().result;
    expect(after).toEqual({ ...before, file: join(cwd, 'nimify.config.yaml') });
  });

  test('takes a path from --config', async () => {
    await runFake(['config', 'init', '--config', 'own.yaml'], { cwd });
    expect(existsSync(join(cwd, 'own.yaml'))).toBe(true);
  });
});

describe('config explain', () => {
  test('says for each value where it comes from', async () => {
    writeFileSync(join(cwd, 'nimify.config.yaml'), 'service:\n  replicas: 3\n');
    const { stdout } = await runFake(['config', 'explain'], { cwd, env: { NIMIFY_SLO_LATENCY_MS: '40' } });
    const line = (key: string) => stdout.split('\n').find((text) => text.includes(key));
    expect(line('service.replicas')).toMatch(/ 3 +nimify\.config\.yaml:2:13 /);
    expect(line('slo.latencyMs')).toMatch(/ 40 +NIMIFY_SLO_LATENCY_MS /);
    expect(line('slo.availabilityRatio')).toMatch(/ 0\.999 +default /);
    expect(line('dataFolder')).toMatch(/\/home +NIMIFY_HOME /);
  });

  test('names the target whose preset a value is, unless somebody set it', async () => {
    const env = { NIMIFY_QUANTIZATION_TARGET: 'tensorrt', NIMIFY_QUANTIZATION_QUANTIZE_BIAS: 'yes' };
    const { stdout } = await runFake(['config', 'explain'], { cwd, env });
    const line = (key: string) => stdout.split('\n').find((text) => text.includes(key));
    expect(line('quantization.activationType')).toMatch(/ int8 +target tensorrt /);
    expect(line('quantization.quantizeBias')).toMatch(/ true +NIMIFY_QUANTIZATION_QUANTIZE_BIAS /);
  });

  test('warns of variables that are no settings', async () => {
    const { stdout } = await runFake(['config', 'explain'], { cwd, env: { NIMIFY_SLO_LATENCY: '40' } });
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'NIMIFY_SLO_LATENCY is not a setting; did you mean NIMIFY_SLO_LATENCY_MS?',
    );
  });

  test('all problems come as one document, with their places', async () => {
    writeFileSync(join(cwd, 'bad.yaml'), 'service: {replicas: none}\nslow: {}\n');
    const { exitCode, json } = await runFake(['config', 'explain', '--config', 'bad.yaml', '--json'], { cwd });
    expect(exitCode).toBe(2);
    expect(json().error).toMatchObject({
      code: 'CONFIG_INVALID',
      details: {
        problems: [
          { key: 'slow', line: 2 },
          { key: 'service.replicas', line: 1, column: 21 },
        ],
      },
    });
  });
});

test('config schema is plain JSON Schema on standard output', async () => {
  const schema = JSON.parse((await runFake(['config', 'schema'], { cwd })).stdout);
  expect(schema.properties.service.properties.replicas.default).toBe(2);
});
