/** Generated files judged by the programs that will read them. Each part skips where its program is missing. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTree } from '../../src/base/write-files.ts';
import { FIXTURES, generateAll } from '../artifacts/fixtures.ts';
import { VARIANTS } from '../artifacts/variants.ts';

const CASES = Object.entries({ ...FIXTURES, ...VARIANTS });
const python = process.env.TRITONCLIENT_PYTHON;

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

function has(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Exit code and everything that was printed. */
function run(command: string, args: readonly string[], cwd = folder): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

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
    test.each(CASES)('parses every .pbtxt file of %s', async (name, facts) => {
      const entries = await readdir(join(folder, name), { recursive: true });
      const files = entries.filter((entry) => entry.endsWith('.pbtxt')).map((entry) => join(name, entry));
      const { status, text } = run(python as string, ['-c', PARSE, ...files]);
      expect(status, text).toBe(0);
      const own = join(name, 'models', facts.name);
      const { inputs, outputs } = facts.model;
      for (const file of ['config.pbtxt', 'configs/cpu.pbtxt', 'configs/gpu.pbtxt']) {
        const [line] = text.split('\n').filter((found) => found.startsWith(`${join(own, file)} `));
        expect(line).toMatch(new RegExp(`${facts.name} \\d+ ${inputs.length} ${outputs.length}$`));
      }
    });
  },
);

describe.skipIf(!has('promtool', ['--version']))('promtool (of the package prometheus)', () => {
  test.each(CASES)('accepts rules and configuration of %s, and the unit test of the rules passes', (name) => {
    const cwd = join(folder, name, 'monitoring/prometheus');
    for (const args of [
      ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml'],
      ['check', 'config', 'prometheus.yml'],
      ['test', 'rules', 'rules.test.yml'],
    ]) {
      const { status, text } = run('promtool', args, cwd);
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
  test.each(CASES)('reads the compose file of %s', (name) => {
    const { status, text } = run('docker-compose', ['-f', join(name, 'compose.yaml'), 'config', '-q']);
    expect(text).toBe('');
    expect(status).toBe(0);
  });
});
