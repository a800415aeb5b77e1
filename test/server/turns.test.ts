import { expect, test } from 'vitest';
import { Turns } from '../../src/server/turns.ts';

test('works are done one at a time, in their order, and a failed one does not stop the next', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
  };
  const all = Promise.allSettled(['a', 'b', 'c'].map((name) => turns.inTurn(work(name))));
  expect(turns.waitingCount).toBe(2);
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(turns.waitingCount).toBe(0);
});

test('whoever comes while the turn is being handed over waits for it', async () => {
  const turns = new Turns();
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  };
  let release = (): void => {};
  const first = turns.inTurn(() => new Promise<void>((resolve) => (release = resolve)));
  const second = turns.inTurn(work);
  release();
  // Runs after the first has passed its turn on and before the second has woken up.
  const third = new Promise<void>((resolve) => queueMicrotask(() => resolve(turns.inTurn(work))));
  await Promise.all([first, second, third]);
  expect(most).toBe(1);
});
