/** Generated code: that it compiles whatever the tensors are called, and that its checks see edits. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { literal } from '../../src/artifacts/tensor-table.ts';
import type { FindingCode } from '../../src/base/findings.ts';
import { writeTree } from '../../src/base/write-files.ts';
import { checkAll, FIXTURES, generateAll } from './fixtures.ts';
import { VARIANTS } from './variants.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const faces = FIXTURES.faces!;
const CLIENT_TS = 'client/client.ts';
const CLIENT_PY = 'client/client.py';
const LOAD = 'load/load.mjs';
const OPENAPI = 'openapi.json';
const README = 'README.md';
const K6 = 'load/k6.js';

/** Those whose code differs. */
const NAMES = ['faces-cpu', 'text-cpu', 'voice-cpu', 'names-cpu', 'many-cpu'] as const;

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-code-'));
  for (const name of NAMES) {
    const files = await generateAll(VARIANTS[name]!);
    const code = [...files].filter(([path]) => /^(client|load)\//.test(path));
    await writeTree(
      join(folder, name),
      code.map(([path, content]) => ({ path, content })),
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the command prints when it fails; empty when it succeeds. */
function complaint(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? '' : `${status} ${stdout}${stderr}`;
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('the code of the clients', () => {
  test('passes the strictest compiler, for all names at once', () => {
    const options = '--strict --noEmit --exactOptionalPropertyTypes --noUnusedLocals --noUnusedParameters';
    const target = '--target es2022 --lib es2022,dom --module esnext --erasableSyntaxOnly --ignoreConfig';
    const files = NAMES.map((name) => join(name, CLIENT_TS));
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(complaint(process.execPath, [compiler, ...options.split(' '), ...target.split(' '), ...files])).toBe('');
  });

  test.skipIf(!hasPython).each(NAMES)('is Python (%s)', (name) => {
    expect(complaint('python3', ['-m', 'py_compile', join(name, CLIENT_PY)])).toBe('');
  });

  test('shows characters that are not seen as what they are', () => {
    expect(literal('a\u202eb\u2028\u00a0é"\n')).toBe('"a\\u202eb\\u2028\\u00a0é\\"\\n"');
  });
});

describe('the code of the load', () => {
  test.each(NAMES)('is JavaScript (%s)', (name) => {
    expect(complaint(process.execPath, ['--check', join(name, LOAD)])).toBe('');
    // As a module, which k6 takes every script for.
    expect(complaint(process.execPath, ['--check', '--experimental-default-type=module', join(name, K6)])).toBe('');
  });
});

type Row = readonly [
  name: string,
  file: string,
  from: string,
  to: string,
  code: FindingCode,
  args?: Readonly<Record<string, unknown>>,
];

const INVALID = 'ARTIFACT_INVALID';
const DISAGREES = 'ARTIFACT_DISAGREES';
const SCORES = '{ "name": "scores", "datatype": "FP32", "shape": [1, 4420, 2] },';

const SUITES: Readonly<Record<string, readonly Row[]>> = {
  client: [
    ['another model', CLIENT_TS, 'MODEL = "faces"', 'MODEL = "face"', DISAGREES, { what: 'MODEL', expected: 'faces' }],
    ['another port', CLIENT_TS, 'localhost:8000";', 'localhost:8001";', DISAGREES, { what: 'DEFAULT_URL' }],
    ['another type of an input', CLIENT_TS, '"datatype": "FP32"', '"datatype": "FP16"', DISAGREES],
    ['another shape of an output', CLIENT_TS, SCORES, SCORES.replace('4420', '4240'), DISAGREES],
    ['an output that is gone', CLIENT_TS, `${SCORES}\n`, '', DISAGREES, { what: 'outputs', found: ['boxes'] }],
    ['a row that is no JSON', CLIENT_TS, SCORES, '{ name: "scores" },', INVALID],
    ['a type that does not fit', CLIENT_TS, 'InputTensor<Float32Array>;', 'InputTensor<Uint8Array>;', DISAGREES],
    ['a member that is gone', CLIENT_TS, '  readonly "boxes"', '  readonly "boxxes"', DISAGREES],
    ['another model', CLIENT_PY, 'MODEL = "faces"', 'MODEL = "face"', DISAGREES, { what: 'MODEL' }],
    ['another port', CLIENT_PY, 'localhost:8000"\n', 'localhost:80"\n', DISAGREES, { what: 'DEFAULT_URL' }],
    ['another input', CLIENT_PY, '"name": "input"', '"name": "image"', DISAGREES, { what: 'inputs' }],
    ['another shape of an input', CLIENT_PY, '"shape": [1, 3, 240', '"shape": [1, 3, 320', DISAGREES],
    ['no constant', CLIENT_PY, 'DEFAULT_URL = ', 'URL = ', INVALID],
  ],
  openapi: [
    ['another version of OpenAPI', OPENAPI, '"openapi": "3.1.0"', '"openapi": "3.0.3"', INVALID],
    ['a reference to nothing', OPENAPI, 'responses/NotReady"', 'responses/Nothing"', INVALID],
    [
      'another port of the server',
      OPENAPI,
      '"url": "http://localhost:8000"',
      '"url": "http://localhost:80"',
      DISAGREES,
    ],
    [
      'another port of the metrics',
      OPENAPI,
      '"url": "http://localhost:8002"',
      '"url": "http://localhost:8000"',
      DISAGREES,
    ],
    [
      'another address in a command',
      OPENAPI,
      'http://localhost:8000/v2/models/faces/infer',
      'http://localhost:8000/v2/models/face/infer',
      DISAGREES,
      { what: 'address in a command' },
    ],
    ['an operation twice', OPENAPI, '"operationId": "serverReady"', '"operationId": "serverLive"', INVALID],
    [
      'an input in an example that is none',
      OPENAPI,
      '"name": "input",\n                        "par',
      '"name": "image",\n                        "par',
      DISAGREES,
      { what: 'input of an example' },
    ],
    [
      'a shape in an example that does not fit',
      OPENAPI,
      '\n                          240,\n',
      '\n                          241,\n',
      DISAGREES,
      { what: 'shape of input in an example' },
    ],
    [
      'another size in the metadata',
      OPENAPI,
      '\n                            240,\n',
      '\n                            24,\n',
      DISAGREES,
      { what: 'inputs in the example of metadata' },
    ],
    [
      'another type of an input',
      OPENAPI,
      '"const": "FP32"',
      '"const": "UINT8"',
      DISAGREES,
      { what: 'datatype of input' },
    ],
    ['another size of an input', OPENAPI, '"const": 240', '"const": 224', DISAGREES, { what: 'shape of input' }],
  ],
  readme: [
    ['no title', README, '# faces', 'faces', INVALID],
    ['another port of the API', README, ':8000/v2/health', ':8002/v2/health', DISAGREES, { what: 'port of the API' }],
    ['a port that nobody listens on', README, 'localhost:3000', 'localhost:3300', DISAGREES, { found: 3300 }],
    ['another port published', README, '127.0.0.1:8001:8001', '127.0.0.1:8001:9001', DISAGREES, { found: 9001 }],
    ['another model', README, '/v2/models/faces\n', '/v2/models/face\n', DISAGREES, { what: 'model', found: 'face' }],
    ['an old image', README, 'none -t faces:012344444444', 'none -t faces:ffff44444444', DISAGREES, { what: 'image' }],
    [
      'another digest',
      README,
      `\`${faces.model.sha256}`,
      `\`f${faces.model.sha256.slice(1)}`,
      DISAGREES,
      { what: 'SHA-256' },
    ],
    [
      'a script that is not there',
      README,
      'python3 client/client.py',
      'python3 client/infer.py',
      DISAGREES,
      { what: 'path' },
    ],
    [
      'a request of another length',
      README,
      'Content-Length: 1',
      'Content-Length: 2',
      DISAGREES,
      { what: 'command that sends a request' },
    ],
    ['a request with another input', README, '"inputs":[{"name":"input"', '"inputs":[{"name":"image"', DISAGREES],
  ],
  load: [
    ['another model', LOAD, 'MODEL = "faces"', 'MODEL = "face"', DISAGREES, { what: 'MODEL' }],
    ['another port', LOAD, 'localhost:8000";', 'localhost:8002";', DISAGREES, { what: 'DEFAULT_URL' }],
    ['another objective', LOAD, 'SLO_LATENCY_MS = 100', 'SLO_LATENCY_MS = 1000', DISAGREES, { found: 1000 }],
    ['another share', LOAD, 'AVAILABILITY_RATIO = 0.999', 'AVAILABILITY_RATIO = 0.9', DISAGREES, { expected: 0.999 }],
    ['an input that is not asked for', LOAD, '"name": "input"', '"name": "image"', DISAGREES, { what: 'inputs' }],
    ['another model', K6, 'MODEL = "faces"', 'MODEL = "face"', DISAGREES, { what: 'MODEL' }],
    ['another port', K6, 'localhost:8000";', 'localhost:80";', DISAGREES, { what: 'DEFAULT_URL' }],
    ['another objective', K6, 'SLO_LATENCY_RATIO = 0.999', 'SLO_LATENCY_RATIO = 0.5', DISAGREES, { found: 0.5 }],
    ['another type', K6, SCORES, SCORES.replace('FP32', 'FP64'), DISAGREES, { what: 'datatype of scores' }],
    ['no tables', K6, 'const OUTPUTS = [', 'const OUTPUT = [', INVALID],
  ],
};

/** Some edits concern a list that begins above them, or something that is nowhere. */
function linesOf(text: string, from: string): number {
  return text.slice(0, text.indexOf(from)).split('\n').length;
}

describe.each(Object.entries(SUITES))('the check of %s', (id, rows) => {
  const cases = rows.map((row) => [row[0], row[1], row] as const);
  test.each(cases)('reports %s in %s', async (_name, _file, [, file, from, to, code, args]) => {
    const files = await generateAll(faces);
    const text = files.get(file) as string;
    expect(text).toContain(from);
    const findings = await checkAll(new Map([...files, [file, text.replace(from, () => to)]]), faces, id);
    const found = findings.filter((finding) => finding.code === code && finding.args.file === file);
    expect(found).toContainEqual(expect.objectContaining({ args: expect.objectContaining({ artifact: id, ...args }) }));
    // A list is reported where it begins, a constant that is gone for the whole file.
    const lines = found.map(({ where }) => Number(where?.slice(file.length + 1)));
    if (!found.some(({ where }) => where === file)) {
      expect(lines.some((line) => Math.abs(line - linesOf(text, from)) <= 2)).toBe(true);
    }
  });

  test.each(Object.keys(VARIANTS))('has nothing to say about %s', async (name) => {
    expect(await checkAll(await generateAll(VARIANTS[name]!), VARIANTS[name]!, id)).toEqual([]);
  });
});
