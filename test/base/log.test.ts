import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from '../integration/command.ts';

/** What a process writes to standard error that logs at `level`. */
function logged(level: string): Record<string, unknown>[] {
  const code = `import { openLog } from './src/base/log.ts';
    const log = openLog('${level}');
    log.debug({}, 'quiet');
    log.info({ token: 'secret', model: 'm' }, 'said');
    log.error({}, 'loud');`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', code];
  const { stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('nothing below the level is written, and nothing at all when it is silent', () => {
  expect(logged('silent')).toEqual([]);
  expect(logged('error').map(({ msg }) => msg)).toEqual(['loud']);
  expect(logged('debug').map(({ msg }) => msg)).toEqual(['quiet', 'said', 'loud']);
});

test('lines are JSON with the facts, and secrets are masked', () => {
  expect(logged('info')[0]).toMatchObject({ level: 30, msg: 'said', model: 'm', token: '[Redacted]' });
});
