/** What happens to input that is no model, and to a machine that gives out: a code, a sentence, a hint, and no traces. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { type Ended, envelope, leftovers, nimify, ROOT, type RunOptions } from './command.ts';

const SAMPLE = join(ROOT, 'test', 'fixtures', 'sample');
const MODEL = join(SAMPLE, 'digits.onnx');
const DATA = join(SAMPLE, 'digits.npz');

/** The user and group `nobody` of most systems. */
const NOBODY = 65_534;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-test-'));
  mkdirSync(join(folder, 'work'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = (path: string, extra: readonly string[] = []): Promise<Ended> =>
  nimify(['create', path, '-o', 'work/service', '--json', ...extra], { cwd: folder });

async function expectNoTraces(): Promise<void> {
  expect(leftovers(join(folder, 'work'))).toEqual([]);
  const catalog = await openCatalog({ folder: join(folder, 'home'), clock: systemClock, mode: 'read' });
  try {
    expect(catalog.list().total).toBe(0);
    expect((await catalog.verify()).findings).toEqual([]);
  } finally {
    catalog.close();
  }
}

function externalModel(location: string): Uint8Array {
  const weight = makeTensor('w', { dataType: 'float32', dims: [4], data: new Float32Array(4) });
  delete weight.rawData;
  weight.dataLocation = 1;
  weight.externalData = [
    { key: 'location', value: location },
    { key: 'offset', value: '0' },
    { key: 'length', value: '16' },
  ];
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('Add', ['x', 'w'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
    initializers: [weight],
  });
  return encodedBytes(encodeModel(makeModel({ graph, opset: 17, irVersion: 8 })));
}

interface BadInput {
  readonly what: string;
  /** Makes it and returns its path. */
  readonly make: () => string;
  readonly code: string;
  readonly exitCode: number;
}

const at = (name: string): string => join(folder, name);
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content);
  return at(name);
};

const BAD_INPUTS: readonly BadInput[] = [
  { what: 'a missing file', make: () => at('none.onnx'), code: 'FILE_NOT_FOUND', exitCode: 4 },
  { what: 'an empty file', make: () => file('a.onnx', ''), code: 'MODEL_EMPTY', exitCode: 4 },
  {
    what: 'a truncated model',
    make: () => file('a.onnx', readFileSync(MODEL).subarray(0, 20_000)),
    code: 'MODEL_TRUNCATED',
    exitCode: 4,
  },
  {
    what: 'a text file named .onnx',
    make: () => file('a.onnx', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 132\n'),
    code: 'MODEL_NOT_ONNX',
    exitCode: 4,
  },
  {
    what: 'external data that is missing',
    make: () => file('a.onnx', externalModel('weights.bin')),
    code: 'EXTERNAL_DATA_MISSING',
    exitCode: 4,
  },
  {
    what: 'external data above the folder of the model',
    make: () => {
      mkdirSync(at('inner'));
      file('weights.bin', new Uint8Array(16));
      return file('inner/a.onnx', externalModel('../weights.bin'));
    },
    code: 'EXTERNAL_DATA_UNSAFE',
    exitCode: 4,
  },
  {
    what: 'external data at an absolute path',
    make: () => file('a.onnx', externalModel('/etc/passwd')),
    code: 'EXTERNAL_DATA_UNSAFE',
    exitCode: 4,
  },
  {
    what: 'external data behind a link that leaves the folder',
    make: () => {
      mkdirSync(at('inner'));
      symlinkSync(file('weights.bin', new Uint8Array(16)), at('inner/weights.bin'));
      return file('inner/a.onnx', externalModel('weights.bin'));
    },
    code: 'EXTERNAL_DATA_UNSAFE',
    exitCode: 4,
  },
  {
    what: 'a folder without a model',
    make: () => {
      mkdirSync(at('inner'));
      return at('inner');
    },
    code: 'MODEL_IS_FOLDER',
    exitCode: 4,
  },
];

describe('create', () => {
  test.each(BAD_INPUTS)('$what ends with $code', async ({ make, code, exitCode }) => {
    const ended = await create(make());

    expect(ended.exitCode).toBe(exitCode);
    const document = envelope(ended);
    expect(document).toMatchObject({ schemaVersion: 1, command: 'create', ok: false, error: { code, exitCode } });
    expect(document.error?.hint).toMatch(/\S/);
    await expectNoTraces();
  });

  test('a file that may not be read ends with FILE_UNREADABLE', async (context) => {
    const path = file('a.onnx', readFileSync(MODEL));
    chmodSync(path, 0o000);
    const user = asNobody();
    if (user === undefined) context.skip('root may read every file, and nobody else may read this clone');
    const ended = await nimify(['create', path, '-o', 'work/service', '--json'], { cwd: folder, ...user });
    expect(envelope(ended).error).toMatchObject({ code: 'FILE_UNREADABLE', exitCode: 4 });
    await expectNoTraces();
  });

  test('a service folder that is already there is left as it is', async () => {
    mkdirSync(at('work/service'));
    file('work/service/mine.txt', 'mine');
    const ended = await create(MODEL, ['--data', DATA]);
    expect(ended.exitCode).toBe(2);
    expect(envelope(ended).error).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readdirSync(at('work/service'))).toEqual(['mine.txt']);
  });

  test('data that does not fit the model is told with both shapes', async () => {
    const ended = await create(MODEL, ['--data', file('a.npy', npy([3, 5]))]);
    expect(envelope(ended).error).toMatchObject({ code: 'DATA_MISMATCH', exitCode: 2 });
    await expectNoTraces();
  });

  test('a full disk ends with DISK_FULL and leaves it as empty as it was', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', at('work')], { stdio: 'ignore' });
    } catch {
      context.skip('mounting a small tmpfs needs root');
    }
    try {
      const ended = await create(MODEL, ['--data', DATA]);
      expect(ended.exitCode).toBe(5);
      expect(envelope(ended).error).toMatchObject({ code: 'DISK_FULL' });
      await expectNoTraces();
    } finally {
      execFileSync('umount', [at('work')]);
    }
  });

  test('Ctrl-C during quantization ends with 130 and one JSON document, and removes what was begun', async () => {
    const ended = await nimify(
      ['create', MODEL, '--data', DATA, '-o', 'work/service', '--json', '--progress', 'json'],
      {
        cwd: folder,
        env: { TMPDIR: at('tmp') },
        onStart: (child) => {
          mkdirSync(at('tmp'));
          child.stderr?.on('data', (text: string) => {
            if (/"step-started".*"quantize:static-int8"/.test(text)) child.kill('SIGINT');
          });
        },
      },
    );
    expect(ended.exitCode).toBe(130);
    expect(envelope(ended)).toMatchObject({ ok: false, error: { code: 'INTERRUPTED', exitCode: 130 } });
    // Newer Node keeps its compile cache there too.
    expect(readdirSync(at('tmp')).filter((name) => name.startsWith('nimify'))).toEqual([]);
    await expectNoTraces();
  });
});

/** Root may read every file, so it becomes a user that may not; undefined where that one cannot start nimify. */
function asNobody(): Pick<RunOptions, 'runAs'> | undefined {
  if (process.getuid?.() !== 0) return {};
  const runAs = { uid: NOBODY, gid: NOBODY };
  for (const path of [folder, at('work')]) chmodSync(path, 0o777);
  const launched = spawnSync(process.execPath, [join(ROOT, 'bin', 'nimify.js'), '--version'], {
    cwd: folder,
    ...runAs,
  });
  return launched.status === 0 ? { runAs } : undefined;
}

/** A float32 array of zeros as a NumPy file. */
function npy(dims: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(', ')}), }`;
  const header = text.padEnd(117, ' ').concat('\n');
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  const values = Buffer.alloc(4 * dims.reduce((a, b) => a * b, 1));
  return Buffer.concat([head, Buffer.from(header), values]);
}
