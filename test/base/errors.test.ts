import { describe, expect, test } from 'vitest';
import { ERRORS, EXIT_CODES, NimifyError, readError, writeError } from '../../src/base/errors.ts';
import { FINDINGS, finding, isAtLeast } from '../../src/base/findings.ts';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('errors', () => {
  test.each(Object.entries(ERRORS))('%s has a documented exit code and a sentence', (_code, kind) => {
    expect(EXIT_CODES).toHaveProperty(String(kind.exitCode));
    expect(kind.summary).toMatch(/^[A-Z].*\.$/);
  });

  test('the JSON form carries code, message, exit code, hint and details, and no stack', () => {
    const error = new NimifyError('MODEL_EMPTY', 'a.onnx is empty.', {
      hint: 'Export it again.',
      details: { path: 'a.onnx' },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'MODEL_EMPTY',
      message: 'a.onnx is empty.',
      exitCode: 4,
      hint: 'Export it again.',
      details: { path: 'a.onnx' },
    });
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EROFS', 'OUTPUT_UNWRITABLE'],
    ['EACCES', 'OUTPUT_UNWRITABLE'],
  ])('%s while writing becomes %s', (system, code) => {
    expect(writeError(systemError(system), '/x')).toMatchObject({ code, details: { path: '/x' } });
  });

  test.each([
    ['ENOENT', 'FILE_NOT_FOUND'],
    ['EACCES', 'FILE_UNREADABLE'],
  ])('%s while reading becomes %s', (system, code) => {
    expect(readError(systemError(system), '/x')).toMatchObject({ code, details: { path: '/x' } });
  });

  test('an error that is not from the file system passes through untouched', () => {
    const bug = new TypeError('x is not a function');
    expect(readError(bug, '/x')).toBe(bug);
    expect(writeError(bug, '/x')).toBe(bug);
  });
});

describe('findings', () => {
  test('a finding has the severity of the table', () => {
    expect(finding('DATA_RANDOM', { samples: 4 }, 'data')).toEqual({
      code: 'DATA_RANDOM',
      severity: FINDINGS.DATA_RANDOM,
      args: { samples: 4 },
      where: 'data',
    });
  });

  test('severities are ordered from info to error', () => {
    expect(isAtLeast('error', 'warning')).toBe(true);
    expect(isAtLeast('warning', 'warning')).toBe(true);
    expect(isAtLeast('info', 'warning')).toBe(false);
  });
});
