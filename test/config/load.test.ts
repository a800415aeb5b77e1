import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { describeSource } from '../../src/config/layer.ts';
import { type ConfigRequest, loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(request: Partial<ConfigRequest> = {}) {
  return loadConfig({ cwd: folder, env: {}, homeFolder: '/home/somebody', ...request });
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function failure(request: Partial<ConfigRequest> = {}): Promise<NimifyError> {
  const error = await load(request).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NimifyError);
  return error as NimifyError;
}

async function sourceOf(key: string, request: Partial<ConfigRequest> = {}): Promise<string> {
  const { settings } = await load(request);
  const found = settings.find((item) => item.entry.key === key);
  return `${found?.value} from ${found && describeSource(found.source)}`;
}

describe('problems', () => {
  test('all problems of file, environment and flags are told at once, each with its place', async () => {
    write('nimify.config.yaml', 'service:\n  maxBatchSize: many\n  replcas: 2\nservise: {}\nslo: 3\n');
    const error = await failure({ env: { NIMIFY_SERVICE_GPUS: '-1' }, flags: { 'service.replicas': '1.5' } });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      'The configuration has 6 problems:',
      '  nimify.config.yaml:3:3  service.replcas is not a setting; did you mean service.replicas?',
      '  nimify.config.yaml:4:1  servise is not a section; did you mean service?',
      '  nimify.config.yaml:5:1  slo must be a map of settings',
      '  nimify.config.yaml:2:17  service.maxBatchSize must be a whole number from 1 to 4096, not "many"',
      '  NIMIFY_SERVICE_GPUS  service.gpus must be a whole number of at least 0, not -1',
      '  --replicas  service.replicas must be a whole number of at least 1, not 1.5',
    ]);
    expect(error.details?.problems).toContainEqual({
      key: 'service.replcas',
      message: 'service.replcas is not a setting; did you mean service.replicas?',
      kind: 'file',
      path: 'nimify.config.yaml',
      line: 3,
      column: 3,
    });
  });

  test('a setting in the wrong section is found by its name', async () => {
    write('nimify.config.yaml', 'slo: {maxBatchSize: 3}\n');
    expect((await failure()).message).toContain(
      'slo.maxBatchSize is not a setting; did you mean service.maxBatchSize?',
    );
  });

  test('a Triton release that YAML reads as a number is told to be quoted', async () => {
    write('nimify.config.yaml', 'service:\n  tritonTag: 26.10\n');
    expect((await failure()).message).toContain('a Triton release such as 26.07 (quoted in YAML), not 26.1');
  });

  test.each([
    ['broken YAML', 'service: [1,\n', 'nimify.config.yaml:2:1'],
    ['a key given twice', 'slo:\n  latencyMs: 1\n  latencyMs: 2\n', 'nimify.config.yaml:3:3'],
  ])('%s is unreadable, with its place', async (_, text, place) => {
    write('nimify.config.yaml', text);
    const error = await failure();
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain(place);
  });

  test('a file that is named and missing is unreadable', async () => {
    const error = await failure({ configPath: 'nowhere.yaml' });
    expect([error.code, error.exitCode]).toEqual(['CONFIG_UNREADABLE', 2]);
    expect(error.message).toContain('nowhere.yaml does not exist');
  });

  test('a document that is no map is a problem', async () => {
    write('nimify.config.yaml', '- a\n- b\n');
    expect((await failure()).message).toContain('nimify.config.yaml:1:1  the file must be a map of sections');
  });

  test('an executable configuration is not looked for', async () => {
    write('nimify.config.js', 'throw new Error("was run");');
    expect((await load()).filePath).toBeNull();
  });

  test('an unknown NIMIFY_ variable is a warning with a suggestion', async () => {
    const { warnings } = await load({ env: { NIMIFY_SERVICE_REPLICA: '3', NIMIFY_UNRELATED_THING: '1', OTHER: 'x' } });
    expect(warnings).toEqual([
      'The environment variable NIMIFY_SERVICE_REPLICA is not a setting; did you mean NIMIFY_SERVICE_REPLICAS?',
      'The environment variable NIMIFY_UNRELATED_THING is not a setting',
    ]);
  });
});

describe('layers', () => {
  test('flags win over the environment, that over the file, that over the default', async () => {
    expect(await sourceOf('service.replicas')).toBe('2 from default');
    write('nimify.config.yaml', '# comment\nservice:\n  replicas: 3\n');
    expect(await sourceOf('service.replicas')).toBe('3 from nimify.config.yaml:3:13');
    const env = { NIMIFY_SERVICE_REPLICAS: '4' };
    expect(await sourceOf('service.replicas', { env })).toBe('4 from NIMIFY_SERVICE_REPLICAS');
    expect(await sourceOf('service.replicas', { env, flags: { 'service.replicas': '5' } })).toBe('5 from --replicas');
  });

  test('text becomes numbers, lists, truth values and null as the setting asks', async () => {
    const { config } = await load({
      env: {
        NIMIFY_QUANTIZATION_METHODS: 'float16, dynamic-int8',
        NIMIFY_IMAGE_MEAN: '127,127.5,128',
        NIMIFY_QUANTIZATION_PER_CHANNEL: 'no',
        NIMIFY_SERVICE_MEMORY_MIB: 'null',
        NIMIFY_LOG_LEVEL: 'debug',
        NIMIFY_SERVICE_GPUS: '',
      },
    });
    expect(config.quantization.methods).toEqual(['float16', 'dynamic-int8']);
    expect(config.image.mean).toEqual([127, 127.5, 128]);
    expect(config.quantization.perChannel).toBe(false);
    expect(config.service.memoryMiB).toBeNull();
    expect(config.log.level).toBe('debug');
    expect(config.service.gpus).toBe(0);
  });

  test('sections without keys and empty files change nothing', async () => {
    write('nimify.config.yaml', 'service:\nslo:\n  # latencyMs: 1\n');
    expect((await load()).config).toEqual((await load({ cwd: tmpdir() })).config);
  });

  test('JSON files and the nimify key of package.json are read with their places', async () => {
    write('package.json', '{\n\t"name": "x",\n\t"nimify": {"slo": {"latencyMs": 40}}\n}\n');
    expect(await sourceOf('slo.latencyMs')).toBe('40 from package.json:3:34');
    write('nimify.config.json', '{"$schema": "./x.json", "slo": {"latencyMs": 50}}');
    expect(await sourceOf('slo.latencyMs')).toBe('50 from nimify.config.json:1:46');
  });

  test('the file is found from a folder below, up to the nearest package.json', async () => {
    write('nimify.config.yaml', 'slo: {latencyMs: 7}\n');
    write('package.json', '{}');
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    expect((await load({ cwd: join(folder, 'a', 'b') })).config.slo.latencyMs).toBe(7);
  });
});

describe('the data folder', () => {
  test('comes from flag-less defaults, XDG, NIMIFY_HOME and NIMIFY_DATA_FOLDER in rising order', async () => {
    expect((await load()).config.dataFolder).toBe('/home/somebody/.local/share/nimify');
    expect((await load({ env: { XDG_DATA_HOME: '/xdg' } })).config.dataFolder).toBe('/xdg/nimify');
    write('nimify.config.yaml', 'dataFolder: ./store\n');
    expect((await load()).config.dataFolder).toBe(join(folder, 'store'));
    expect((await load({ env: { NIMIFY_HOME: '/data' } })).config.dataFolder).toBe('/data');
    const both = { NIMIFY_HOME: '/data', NIMIFY_DATA_FOLDER: '/other' };
    expect((await load({ env: both })).config.dataFolder).toBe('/other');
  });
});

test('the defaults of the table pass their own check', async () => {
  const { config } = await load();
  const { dataFolder, given, ...others } = config;
  expect(given).toEqual([]);
  expect(configSchema.parse(others)).toEqual({ ...others, dataFolder: null });
  expect(dataFolder).toMatch(/^\/home\/somebody/);
});
