/** Other programs in tests: are they there, what do they say, and waiting for what they start. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

export function has(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Exit code and everything that was printed. */
export function ran(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string | undefined } = {},
): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

/** Asks every 200 ms; an error of the question ends the waiting. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
