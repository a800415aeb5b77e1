#!/usr/bin/env node
/*
 * The launcher: checks Node, then hands over to dist/cli/main.js. Old syntax on purpose, so that an old Node can read
 * far enough to say that it is too old.
 */
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';

const MINIMUM = [20, 19];
/** Set when the output could not be written, for example to a full disk. */
let writeFailed = false;
const main = new URL('../dist/cli/main.js', import.meta.url);
const parts = process.versions.node.split('.').map(Number);

if (parts[0] < MINIMUM[0] || (parts[0] === MINIMUM[0] && parts[1] < MINIMUM[1])) {
  fail(`nimify needs Node ${MINIMUM.join('.')} or newer; this is Node ${process.versions.node}.`);
} else if (!existsSync(main)) {
  fail('nimify is not built yet. Run: npm run build');
} else {
  start();
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}

function start() {
  // Only in Node 22.1 and newer.
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  ignoreClosedPipe(process.stdout);
  ignoreClosedPipe(process.stderr);
  const signal = interruptSignal();
  import(main.href)
    .then((module) =>
      module.run(process.argv.slice(2), {
        stdout: process.stdout,
        stderr: process.stderr,
        env: process.env,
        cwd: process.cwd(),
        homeFolder: homedir(),
        signal,
        platform: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      }),
    )
    .then(
      // Not process.exit: it would cut off what a pipe has not taken yet.
      (exitCode) => {
        process.exitCode = writeFailed ? 5 : exitCode;
      },
      (error) => {
        process.stderr.write(`nimify could not start: ${error instanceof Error ? error.stack : error}\n`);
        process.exitCode = 1;
      },
    );
}

/** `nimify … | head -1` closes the pipe early, a closed window takes the terminal away (EIO): both are no errors. */
function ignoreClosedPipe(stream) {
  stream.on('error', (error) => {
    if (['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].indexOf(error.code) >= 0) return;
    writeFailed = true;
    if (stream !== process.stderr) process.stderr.write(`nimify: the output cannot be written (${error.code}).\n`);
  });
}

/** The first signal asks the command to clean up and end, the second ends the process at once. */
function interruptSignal() {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        // A moving task list hides the cursor.
        if (process.stderr.isTTY) process.stderr.write('\u001b[?25h');
        process.exit(130);
      }
      controller.abort();
    });
  }
  return controller.signal;
}
