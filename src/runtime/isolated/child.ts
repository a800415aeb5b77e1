/** The guarded process: it owns one session, and dies with whoever started it. */
import { NimifyError } from '../../base/errors.ts';
import { openSession, type RuntimeSession } from '../session.ts';
import type { Answer, FromChild, ToChild } from './messages.ts';
import { startWatchdog } from './watchdog.ts';

let session: RuntimeSession | undefined;

async function answerTo(message: ToChild): Promise<Answer> {
  if (message.type === 'open') {
    startWatchdog(message.memoryBytes);
    session = await openSession(message.model, message.options);
    return { inputs: session.inputs, outputs: session.outputs };
  }
  if (session === undefined) throw new Error('A run was asked for before a session was open.');
  return session.run(message.feeds, message.outputNames);
}

async function handle(message: ToChild): Promise<void> {
  const { id } = message;
  try {
    send({ id, type: 'done', answer: await answerTo(message) });
  } catch (error) {
    const code = error instanceof NimifyError ? error.code : 'RUNTIME_FAILED';
    const hint = error instanceof NimifyError ? error.hint : undefined;
    const text = error instanceof Error ? error.message : String(error);
    send({ id, type: 'failed', code, message: text, ...(hint === undefined ? {} : { hint }) });
  }
}

function send(message: FromChild): void {
  process.send?.(message);
}

let last = Promise.resolve();
process.on('message', (message: ToChild) => {
  last = last.then(() => handle(message));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole group of processes; the one that started this decides what becomes of it.
process.on('SIGINT', () => {});
