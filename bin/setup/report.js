/** What the steps of the setup say and how they start other programs. */
import { spawn } from 'node:child_process';

/** A problem that has an explanation: `hint` is what to type next. */
export class SetupError extends Error {
  constructor(message, hint, exitCode = 5) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Progress goes to stderr, so that scripts can read what a command prints. */
export function say(text) {
  console.error(`setup: ${text}`);
}

/**
 * Runs a program to its end; with `isQuiet` its output comes back, else it goes to stderr.
 * @returns {Promise<{code: number | null, signal: string | null, output: string}>} code null after a signal or when it cannot start
 */
export function run(command, args, { cwd, env = process.env, isQuiet = false }) {
  return new Promise((done) => {
    const stdio = isQuiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2];
    const child = spawn(command, args, { cwd, env, stdio });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => done({ code: null, signal: null, output: error.message }));
    child.on('close', (code, signal) => done({ code, signal, output }));
  });
}

/** The end of what npm wrote, where the reason stands, without its warnings. */
export function lastLines(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm warn'));
  return lines.slice(-15).join('\n');
}
