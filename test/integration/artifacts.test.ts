/** Generated files judged by the programs that will read them. Each part skips where its program is missing. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTree } from '../../src/base/write-files.ts';
import { generateAll } from '../artifacts/fixtures.ts';
import { fourWays, VARIANTS } from '../artifacts/variants.ts';
import { has, ran } from './programs.ts';
import { realFacts } from './real-facts.ts';

const CASES = Object.entries({ ...VARIANTS, ...realServices() });
const COMPOSE_CASES = CASES.filter(([name]) => /-on$/.test(name));
const python = process.env.TRITONCLIENT_PYTHON;

/** Every model of the shared folder, where it is. */
function realServices() {
  return fourWays(realFacts());
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-artifacts-'));
  for (const [name, facts] of CASES) {
    const files = await generateAll(facts);
    await writeTree(
      join(folder, name),
      [...files].map(([path, content]) => ({ path, content })),
    );
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (command: string, args: readonly string[], cwd = folder) => ran(command, args, { cwd });

const PARSE = `
import sys
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
for path in sys.argv[1:]:
    config = text_format.Parse(open(path, encoding="utf-8").read(), model_config_pb2.ModelConfig())
    print(path, config.name, config.max_batch_size, len(config.input), len(config.output))
`;

describe.skipIf(python === undefined)(
  "Triton's own ModelConfig (TRITONCLIENT_PYTHON names a Python with tritonclient)",
  () => {
    // One process for all: starting it costs more than the work.
    test('parses every .pbtxt file of every service', { timeout: 60_000 }, async () => {
      const entries = await readdir(folder, { recursive: true });
      const files = entries.filter((entry) => entry.endsWith('.pbtxt')).sort();
      const { status, text } = run(python as string, ['-c', PARSE, ...files]);
      expect(status, text).toBe(0);
      for (const [
        name,
        {
          name: model,
          model: { inputs, outputs },
        },
      ] of CASES) {
        for (const file of ['config.pbtxt', 'configs/cpu.pbtxt', 'configs/gpu.pbtxt']) {
          const path = join(name, 'models', model, file);
          const [line] = text.split('\n').filter((found) => found.startsWith(`${path} `));
          expect(line, path).toMatch(new RegExp(`${model} \\d+ ${inputs.length} ${outputs.length}$`));
        }
      }
    });
  },
);

describe.skipIf(!has('promtool', ['--version']))('promtool (of the package prometheus)', () => {
  test.each([
    ['rules', ['check', 'rules', '--lint=all', '--lint-fatal'], 'rules.yml'],
    ['configuration', ['check', 'config'], 'prometheus.yml'],
    ['unit tests of the rules', ['test', 'rules'], 'rules.test.yml'],
  ])('accepts the %s of every service', { timeout: 120_000 }, (_, args, file) => {
    // A unit test takes seconds and depends on the objective, the name and the GPUs alone.
    const cases =
      args[0] === 'test' ? CASES.filter(([name]) => /^(faces|text|names)-\w+-on$|^voice-cpu$/.test(name)) : CASES;
    const files = cases.map(([name]) => join(name, 'monitoring/prometheus', file));
    const batches = args[1] === 'config' ? files.map((one) => [one]) : [files];
    for (const batch of batches) {
      const { status, text } = run('promtool', [...args, ...batch]);
      expect(status, text).toBe(0);
    }
  });

  test('fails the unit test when a threshold of the rules is changed', async () => {
    const cwd = join(folder, 'changed');
    const files = await generateAll(CASES[0]![1]);
    const pick = (file: string) => files.get(`monitoring/prometheus/${file}`) as string;
    await writeTree(cwd, [
      { path: 'rules.yml', content: pick('rules.yml').replaceAll('> 0.0144', '> 0.5') },
      { path: 'rules.test.yml', content: pick('rules.test.yml') },
    ]);
    const { status, text } = run('promtool', ['test', 'rules', 'rules.test.yml'], cwd);
    expect(text).toContain('NimifyErrorBudgetBurn');
    expect(status).not.toBe(0);
  });
});

describe.skipIf(!has('docker-compose', ['version']))('docker-compose', () => {
  test.each(COMPOSE_CASES)('reads the compose file of %s', (name) => {
    const { status, text } = run('docker-compose', ['-f', join(name, 'compose.yaml'), 'config', '-q']);
    expect(text).toBe('');
    expect(status).toBe(0);
  });
});
