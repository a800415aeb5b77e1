import { describe, expect, test } from 'vitest';
import { ERRORS, EXIT_CODES } from '../../src/base/errors.ts';
import { listCommands } from '../../src/cli/completion/commands.ts';
import { allFlags } from '../../src/cli/flags.ts';
import { runFake } from './fake-io.ts';

describe('wrong usage', () => {
  test.each([
    ['an unknown command', ['analize', 'm'], "Unknown command 'analize'; did you mean analyze?"],
    ['a command that is like none', ['frobnicate'], "Unknown command 'frobnicate'."],
    ['an unknown command of a group', ['catalog', 'lst'], "Unknown command 'lst'; did you mean list?"],
    ['an unknown flag', ['create', 'm', '--dat', 'x'], "Unknown option '--dat'; did you mean --data?"],
    ['an unknown global flag', ['analyze', 'm', '--jsn'], "Unknown option '--jsn'; did you mean --json?"],
    ['a missing argument', ['evaluate', 'a'], "Missing required argument 'candidate'."],
    ['one argument too many', ['doctor', 'x'], "Too many arguments for 'doctor'. Expected 0 arguments but got 1."],
    ['a flag without its value', ['create', 'm', '--data'], "Option '--data <PATH>' argument missing."],
    ['a required flag', ['convert', 'm'], "Required option '-o, --output <PATH>' not specified."],
    ['neither a method nor a budget', ['quantize', 'm'], 'Say how to quantize: by a method, or within a budget.'],
    [
      'a value that is no choice',
      ['doctor', '--progress', 'fast'],
      'Allowed choices are auto, tasks, plain, json, none.',
    ],
    ['data in two ways', ['create', 'm', '--data', 'a', '--data-command', 'b'], '--data and --data-command do not go'],
    ['one part of split data', ['create', 'm', '--calibration-data', 'a'], '--calibration-data needs the other part'],
    ['split data and a whole', ['create', 'm', '--data', 'a', '--evaluation-data', 'b'], 'do not go together'],
    [
      'split data that is to be shared',
      ['create', 'm', '--calibration-data', 'a', '--evaluation-data', 'b', '--share-data'],
      '--share-data asks for one',
    ],
    ['a binding that is none', ['create', 'm', '--bind', 'batch'], '--bind batch is not NAME=SIZE'],
    ['a binding of size 0', ['create', 'm', '--bind', 'a=1,b=0'], '--bind b=0 is not NAME=SIZE'],
    [
      'a limit that is none',
      ['catalog', 'list', '--limit', '1e3'],
      '--limit must be a whole number from 1 to 1000, not 1e3.',
    ],
    ['an unknown shell', ['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish.'],
    ['an unknown help topic', ['help', 'erors'], 'There is no help about erors; did you mean errors?'],
  ])('%s ends with 2, a sentence and a hint on standard error', async (_, argv, message) => {
    const { exitCode, stdout, stderr } = await runFake(argv);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(message);
    expect(stderr).toContain('✗ USAGE');
  });

  test('with --json the same comes as one document on standard output', async () => {
    const { exitCode, json } = await runFake(['analize', '--json']);
    expect(exitCode).toBe(2);
    expect(json()).toEqual({
      schemaVersion: 1,
      command: 'nimify',
      ok: false,
      error: {
        code: 'USAGE',
        exitCode: 2,
        message: "Unknown command 'analize'; did you mean analyze?",
        hint: 'nimify --help',
      },
      findings: [],
    });
  });

  test('--json behind two dashes is a word and no flag', async () => {
    const { stdout, stderr } = await runFake(['analize', '--', '--json']);
    expect(stdout).toBe('');
    expect(stderr).toContain('USAGE');
  });
});

describe('help', () => {
  test.each([[[]], [['--help']], [['help']], [['-h']]])('%j prints the commands on standard output', async (argv) => {
    const { exitCode, stdout, stderr } = await runFake(argv);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nimify COMMAND [options]');
  });

  test('every command explains itself within 80 columns, and by help as by --help', async () => {
    for (const { path } of listCommands()) {
      const byFlag = await runFake([...path, '--help']);
      expect(byFlag.exitCode).toBe(0);
      expect(byFlag.stdout).toBe((await runFake(['help', ...path])).stdout);
      expect(byFlag.stdout).toMatchSnapshot(['nimify', ...path, '--help'].join(' '));
      for (const line of byFlag.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test('a group without a command prints its help', async () => {
    const { exitCode, stdout } = await runFake(['catalog']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('nimify catalog COMMAND');
  });

  test('--help wins over what is missing', async () => {
    expect((await runFake(['quantize', '--help'])).exitCode).toBe(0);
  });

  test('help is a document for machines', async () => {
    const { json } = await runFake(['quantize', '--help', '--json']);
    const { command, ok, result } = json();
    expect([command, ok, result?.command]).toEqual(['help', true, 'nimify quantize']);
    expect(result?.flags).toContainEqual({
      flag: '--method',
      value: 'ID',
      description: 'Quantizer, such as static-int8; in a search all by default.',
    });
  });

  test('help data says of every kind how it becomes samples', async () => {
    const { exitCode, stdout } = await runFake(['help', 'data']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchSnapshot();
    const { result } = (await runFake(['help', 'data', '--json'])).json();
    expect(result?.formats).toContainEqual({
      format: '.wav files',
      reads: expect.stringContaining('state carried along'),
    });
  });

  test('help rules lists every rule of the scanner, and which of them nobody may allow', async () => {
    const { exitCode, stdout } = await runFake(['help', 'rules']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('external-data-hard-link');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('External data leaves the folder of the model (never allowed)');
    const { result } = (await runFake(['help', 'rules', '--json'])).json();
    expect(result?.rules).toContainEqual(expect.objectContaining({ id: 'pickle-code', isAllowable: true }));
  });

  test('help errors and help exit-codes print the whole tables', async () => {
    const errors = await runFake(['help', 'errors']);
    for (const code of Object.keys(ERRORS)) expect(errors.stdout).toContain(code);
    const codes = await runFake(['help', 'exit-codes', '--json']);
    expect(codes.json().result?.exitCodes).toHaveLength(Object.keys(EXIT_CODES).length);
  });
});

describe('the version', () => {
  test.each([[['--version']], [['-V']], [['doctor', '--version']]])('%j prints it alone', async (argv) => {
    const { exitCode, stdout } = await runFake(argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  test('comes as a document too', async () => {
    const { json } = await runFake(['--version', '--json']);
    expect(json()).toMatchObject({ command: 'nimify', ok: true, result: { version: expect.any(String) } });
  });
});

describe('the table of commands', () => {
  test('no command has the same flag twice, and every one has code or commands', () => {
    for (const { spec } of listCommands()) {
      const names = allFlags(spec).flatMap(({ flag, short }) => (short === undefined ? [flag] : [flag, short]));
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
      expect((spec.load === undefined) !== (spec.commands === undefined)).toBe(true);
    }
  });

  test('every setting that a command names has a flag', () => {
    for (const { spec } of listCommands()) for (const { flag } of allFlags(spec)) expect(flag).toMatch(/^--[a-z]/);
  });
});
