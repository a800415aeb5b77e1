import { describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import type { ProgressEvent } from '../../src/base/events.ts';
import { errorText } from '../../src/ui/error-text.ts';
import { type OutputStream, openTerminal } from '../../src/ui/io.ts';
import { table } from '../../src/ui/layout.ts';
import type { ProgressMode } from '../../src/ui/progress/modes.ts';
import { howFar, openProgress, resolveMode } from '../../src/ui/progress/renderer.ts';
import { truncate, widthOf, wrap } from '../../src/ui/text.ts';
import { PLAIN } from './samples.ts';

function stream(changes: Partial<OutputStream> = {}): OutputStream & { readonly text: () => string } {
  let text = '';
  return {
    isTTY: true,
    columns: 80,
    write: (part, done) => {
      text += part;
      done?.();
      return true;
    },
    text: () => text,
    ...changes,
  };
}

function terminal(env: Record<string, string> = {}, changes: Partial<OutputStream> = {}, isColourOff = false) {
  return openTerminal({ stdout: stream(changes), stderr: stream(changes), env, isColourOff });
}

describe('what is known of a terminal', () => {
  test.each([
    [{}, {}, true],
    [{ NO_COLOR: '1' }, {}, false],
    [{ NO_COLOR: '' }, {}, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, {}, false],
    [{ TERM: 'dumb' }, {}, false],
    [{ FORCE_COLOR: '1' }, { isTTY: false }, true],
    [{ FORCE_COLOR: '0' }, {}, false],
    [{}, { isTTY: false }, false],
  ])('with %j and %j colours are %s', (env, changes, expected) => {
    expect(terminal(env, changes).out.style.hasColour).toBe(expected);
    expect(terminal(env, changes, true).out.style.hasColour).toBe(false);
  });

  test.each([[0], [undefined]])('%s columns count as 80', (columns) => {
    const raw: OutputStream = { isTTY: true, write: () => true, ...(columns === undefined ? {} : { columns }) };
    expect(openTerminal({ stdout: raw, stderr: raw, env: {}, isColourOff: false }).out.style.columns).toBe(80);
  });

  test('a locale without UTF-8 gets ASCII of the same width', async () => {
    const stdout = stream();
    const { out } = openTerminal({
      stdout,
      stderr: stream(),
      env: { LC_ALL: 'C', LANG: 'de_DE.UTF-8' },
      isColourOff: true,
    });
    await out.write('✓ a → b · 1.5× …\n');
    expect(stdout.text()).toBe('+ a > b - 1.5x .\n');
  });

  test('JSON is not touched by that', async () => {
    const stdout = stream();
    await openTerminal({ stdout, stderr: stream(), env: { LANG: 'C' }, isColourOff: true }).out.writeExact('"→"');
    expect(stdout.text()).toBe('"→"');
  });

  test('writing to a closed pipe ends quietly', async () => {
    const closed = stream({ destroyed: true, write: () => expect.unreachable('was written to') });
    await openTerminal({ stdout: closed, stderr: closed, env: {}, isColourOff: false }).out.write('x');
  });
});

test.each([
  [undefined, '7/9 runs'],
  [0, '7/9 runs, a few seconds left'],
  [5001, '7/9 runs, about 10 s left'],
  [58_000, '7/9 runs, about 1 min left'],
  [200_000, '7/9 runs, about 3 min left'],
  [59.6 * 60_000, '7/9 runs, about 1 h left'],
  [80 * 60_000, '7/9 runs, about 1 h 20 min left'],
])('%s ms are told as they are known: %s', (leftMs, text) => {
  const event = { type: 'step-progress', step: 's', done: 7, total: 9, unit: 'runs' } as const;
  expect(howFar(leftMs === undefined ? event : { ...event, leftMs })).toBe(text);
});

describe('the way to show progress', () => {
  const mode = (open: ReturnType<typeof terminal>, asked: ProgressMode = 'auto', isLogging = false) =>
    resolveMode({ mode: asked, terminal: open, clock: { now: () => new Date(0), monotonicMs: () => 0 }, isLogging });

  test.each([
    ['a terminal', terminal(), 'tasks'],
    ['a pipe', terminal({}, { isTTY: false }), 'plain'],
    ['continuous integration', terminal({ CI: 'true' }), 'plain'],
    ['a dumb terminal', terminal({ TERM: 'dumb' }), 'plain'],
    ['a terminal without a width', terminal({}, { columns: 0 }), 'plain'],
    ['CI=false', terminal({ CI: 'false' }), 'tasks'],
  ] as const)('%s gets %#', (_, open, expected) => {
    expect(mode(open)).toBe(expected);
  });

  test('a log on the same stream keeps the list from moving', () => {
    expect(mode(terminal(), 'auto', true)).toBe('plain');
  });

  test('what is asked for wins', () => {
    expect(mode(terminal({ CI: '1' }), 'tasks')).toBe('tasks');
    expect(mode(terminal(), 'none')).toBe('none');
  });
});

const EVENTS: readonly ProgressEvent[] = [
  {
    type: 'plan',
    steps: [
      { id: 'read', title: 'Read' },
      { id: 'cal', title: 'Calibrate' },
      { id: 'dyn', title: 'Dynamic' },
      { id: 'write', title: 'Write' },
      { id: 'late', title: 'Never reached' },
    ],
  },
  { type: 'step-started', step: 'read' },
  { type: 'step-finished', step: 'read', durationMs: 3, summary: '12 nodes' },
  { type: 'step-started', step: 'cal' },
  { type: 'step-progress', step: 'cal', done: 1, total: 64, unit: 'samples' },
  { type: 'step-progress', step: 'cal', done: 32, total: 64, unit: 'samples' },
  { type: 'notice', level: 'warning', message: 'odd \u001b[31mname' },
  { type: 'step-finished', step: 'cal', durationMs: 21_000 },
  { type: 'step-skipped', step: 'dyn', reason: 'no MatMul' },
  { type: 'step-started', step: 'write' },
  { type: 'step-failed', step: 'write', code: 'DISK_FULL' },
];

async function render(mode: ProgressMode): Promise<string> {
  const stderr = stream();
  const opened = openTerminal({ stdout: stream(), stderr, env: { NO_COLOR: '1' }, isColourOff: false });
  let nowMs = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => (nowMs += 6000) };
  const progress = await openProgress({ mode, terminal: opened, clock, isLogging: false });
  for (const event of EVENTS) progress.emit(event);
  await progress.close();
  return stderr.text();
}

describe('the same events', () => {
  test('as plain lines, with a sign of life in long steps only', async () => {
    expect((await render('plain')).split('\n')).toEqual([
      '✓ Read  12 nodes  3.00 ms',
      '· Calibrate  32/64 samples',
      '▲ odd \\x1b[31mname',
      '✓ Calibrate  21.0 s',
      '– Dynamic  skipped: no MatMul',
      '✗ Write  DISK_FULL',
      '',
    ]);
  });

  test('as JSON lines, one per event and nothing lost', async () => {
    const lines = (await render('json')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(EVENTS);
  });

  test('as nothing at all', async () => {
    expect(await render('none')).toBe('');
  });

  test('as a list of tasks that ends even where steps were not reached', async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the list is drawn with escape sequences
    const drawn = (await render('tasks')).replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]/g, '').replaceAll('\r', '');
    const final = drawn.slice(drawn.lastIndexOf('✓ Read'));
    expect(final.split('\n').map((line) => line.trimEnd())).toEqual([
      '✓ Read  12 nodes · 3.00 ms',
      '✓ Calibrate  21.0 s',
      '– Dynamic  skipped: no MatMul',
      '✗ Write  DISK_FULL',
      '  Never reached',
      '▲ odd \\x1b[31mname',
      '',
    ]);
  });
});

describe('errors', () => {
  const context = { isDebug: false, versions: 'nimify 1.2.3, Node 22' };

  test('say code, message and what to type next', () => {
    const error = new NimifyError('PORT_IN_USE', 'Port 8000 is taken.', { hint: 'nimify serve x --port 0' });
    expect(errorText(PLAIN, error, context)).toBe(
      '✗ PORT_IN_USE\n  Port 8000 is taken.\n  → nimify serve x --port 0\n',
    );
  });

  test('a bug apologizes with versions, and shows the stack with --debug only', () => {
    const error = new NimifyError('BUG', 'Oh.', { cause: new TypeError('inner') });
    const short = errorText(PLAIN, error, context);
    expect(short).toContain('Sorry. This is a bug in nimify (nimify 1.2.3, Node 22).');
    expect(short).not.toContain('at ');
    expect(errorText(PLAIN, error, { ...context, isDebug: true })).toContain('TypeError: inner\n    at ');
  });

  test('lines of a message stay lines, escapes do not stay escapes', () => {
    const error = new NimifyError('CONFIG_INVALID', 'Two problems:\n  a\n  b\u001b[2J');
    expect(errorText(PLAIN, error, context)).toBe('✗ CONFIG_INVALID\n  Two problems:\n    a\n    b\\x1b[2J\n');
  });
});

describe('text', () => {
  test('width counts cells', () => {
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3);
    expect(widthOf('e\u0301')).toBe(1);
  });

  test('cutting keeps the width and both ends where asked', () => {
    expect(truncate('abcdefghij', 5)).toBe('abcd…');
    expect(truncate('abcdefghij', 5, 'middle')).toBe('ab…ij');
    expect(widthOf(truncate('日本語日本語', 5))).toBeLessThanOrEqual(5);
    expect(truncate('abc', 0)).toBe('');
  });

  test('wrapping keeps long words whole', () => {
    expect(wrap('a https://example.org/very/long b', 10)).toEqual(['a', 'https://example.org/very/long', 'b']);
  });

  test('cells of a table stay aligned with wide characters', () => {
    const lines = table(
      PLAIN,
      [{ title: 'A' }, { title: 'B', align: 'right' }],
      [
        ['日本', '1'],
        ['x', '22'],
      ],
    );
    expect(lines).toEqual(['  A      B', '  日本   1', '  x     22']);
  });
});
