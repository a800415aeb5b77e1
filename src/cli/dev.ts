/** `npm run dev -- …`: the command line straight from the sources. */
import { homedir } from 'node:os';
import { run } from './main.ts';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  homeFolder: homedir(),
  signal: interrupt.signal,
  platform: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
});
