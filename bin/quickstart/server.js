/** Starts `nimify serve --json` as a process of its own and stops it again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SetupError } from '../setup/report.js';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * Resolves when the server has said where it listens: `facts` is the `result` of its JSON document
 * ({models: [{name, version}], httpUrl, metricsUrl}). `stop` ends it with SIGTERM and fails unless it ends cleanly.
 */
export async function startServer(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const facts = await withTimeout(
      Promise.race([readFacts(child), failEarly(ended)]),
      READY_TIMEOUT_MS,
      'was not ready',
    );
    return { facts, stop: () => stop(child, ended, kill) };
  } catch (error) {
    kill();
    throw error;
  }
}

/** One JSON document; it may come in pieces. */
function readFacts(child) {
  let text = '';
  child.stdout.setEncoding('utf8');
  return new Promise((done) => {
    child.stdout.on('data', (piece) => {
      text += piece;
      const document = parse(text);
      if (document?.ok) done(document.result);
    });
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function failEarly(ended) {
  const [code, signal] = await ended;
  throw new SetupError(
    `nimify serve ended with ${signal ?? `exit code ${code}`}.`,
    'Its own words are above.',
    code || 1,
  );
}

async function stop(child, ended, kill) {
  child.kill('SIGTERM');
  const [code, signal] = await withTimeout(ended, STOP_TIMEOUT_MS, 'did not stop after SIGTERM').catch((error) => {
    kill();
    throw error;
  });
  process.off('exit', kill);
  if (code === 0) return;
  throw new SetupError(
    `nimify serve stopped with ${signal ?? `exit code ${code}`} instead of 0.`,
    'Please report this.',
    1,
  );
}

async function withTimeout(promise, timeoutMs, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new SetupError(`nimify serve ${what} within ${timeoutMs / 1000} s.`, 'Run it by hand with --debug.', 1)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
