/** What `create` says about a model before it opens it; the whole way is walked in test/integration. */
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { fn } from '../scanner/cases/graphs.ts';
import { modelWith, Scratch, scalar, withExternal } from '../scanner/scratch.ts';
import { type FakeRun, runFake } from './fake-io.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const create = (...flags: string[]): Promise<FakeRun> =>
  runFake(['create', scratch.path('m.onnx'), '--dry-run', '--json', '--progress', 'none', ...flags], {
    cwd: scratch.root,
  });

const BOMB = modelWith({
  node: [makeNode('Range', ['a', 'b', 'd'], ['y'])],
  initializer: [scalar('a', 0), scalar('b', 2 ** 40), scalar('d', 1)],
});

describe('--allow', () => {
  test('a rule that is none is a usage error with those that are near', async () => {
    const { exitCode, json } = await create('--allow', 'external-data-hardlink');
    expect(exitCode).toBe(2);
    expect(json().error?.message).toContain(
      'There is no rule external-data-hardlink; did you mean external-data-hard-link',
    );
    expect((await create('--allow', 'external-data')).json().error?.message).toContain('external-data-traversal or');
  });

  test.each(['external-data-traversal', 'external-data-memory-address', 'model-unreadable'])(
    '%s cannot be allowed by anybody',
    async (rule) => {
      const { exitCode, json } = await create('--allow', rule);
      expect(exitCode).toBe(2);
      expect(json().error?.message).toContain('cannot be allowed');
    },
  );
});

describe('a model that may harm', () => {
  test('is refused with 3, the rules, the places and the way to let it pass', async () => {
    scratch.model(BOMB);
    const { exitCode, json } = await create();
    expect(exitCode).toBe(3);
    expect(json().error).toMatchObject({
      code: 'SCAN_REFUSED',
      hint: expect.stringContaining('--allow runtime-memory-bomb'),
      details: { rules: ['runtime-memory-bomb'], results: [{ file: 'm.onnx', where: 'node Range_0' }] },
    });
  });

  test('an allowed rule does not let another one pass', async () => {
    scratch.model({ ...BOMB, functions: [fn('f', [makeNode('f', ['x'], ['y'], { domain: 'local' })])] });
    const { json } = await create('--allow', 'runtime-memory-bomb');
    expect(json().error).toMatchObject({ code: 'SCAN_REFUSED', details: { rules: ['function-recursion'] } });
  });

  test('what cannot be opened at all keeps its own error and exit code', async () => {
    writeFileSync(join(scratch.root, 'secret'), new Uint8Array(16));
    scratch.model(withExternal({ location: '../secret' }));
    const { exitCode, json } = await create();
    expect([exitCode, json().error?.code]).toEqual([4, 'EXTERNAL_DATA_UNSAFE']);
    scratch.file('m.onnx', 'text');
    expect((await create()).json().error?.code).toBe('MODEL_NOT_ONNX');
  });

  test('a template beside the model counts when the folder was named, and files that no loader of it reads do not', async () => {
    scratch.model(modelWith());
    scratch.file('evil.pkl', 'cos\nsystem\n.');
    scratch.file('chat_template.jinja', "{{ ''.__class__ }}");
    const argv = ['create', scratch.folder, '--dry-run', '--json', '--progress', 'none'];
    const { json } = await runFake(argv, { cwd: scratch.root });
    expect(json().error).toMatchObject({ code: 'SCAN_REFUSED', details: { rules: ['chat-template-code'] } });
  });
});

describe('links', () => {
  const data = new Uint8Array(16);

  test('a hard link is refused by the reader unless its rule is allowed', async () => {
    writeFileSync(join(scratch.root, 'store'), data);
    linkSync(join(scratch.root, 'store'), scratch.path('w.bin'));
    scratch.model(withExternal({ location: 'w.bin' }));
    expect((await create()).json().error?.code).toBe('EXTERNAL_DATA_UNSAFE');
    expect((await create('--allow', 'external-data-link')).json().error?.code).toBe('EXTERNAL_DATA_UNSAFE');
  });

  test('a link that leaves the folder likewise', async () => {
    mkdirSync(join(scratch.root, 'store'));
    writeFileSync(join(scratch.root, 'store', 'blob'), data);
    symlinkSync(join(scratch.root, 'store', 'blob'), scratch.path('w.bin'));
    scratch.model(withExternal({ location: 'w.bin' }));
    expect((await create()).json().error?.code).toBe('EXTERNAL_DATA_UNSAFE');
  });
});
