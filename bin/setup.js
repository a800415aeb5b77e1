#!/usr/bin/env node
/**
 * Makes a clone ready: `node bin/setup.js install build`. Quiet and fast when there is nothing to do.
 *
 * install: packages as the lockfile says, and native ones that load under this Node.
 * build:   dist from src, only when something changed.
 */
import { resolve } from 'node:path';
import { build } from './setup/build.js';
import { install } from './setup/install.js';
import { SetupError } from './setup/report.js';

const STEPS = { install, build };
const ROOT = resolve(import.meta.dirname, '..');

async function main(names) {
  const unknown = names.filter((name) => !Object.hasOwn(STEPS, name));
  if (names.length === 0 || unknown.length > 0) {
    throw new SetupError(`${unknown[0] ?? 'No step'} given.`, 'Usage: node bin/setup.js [install] [build]', 2);
  }
  for (const name of names) await STEPS[name](ROOT);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}\n${error.hint}`);
  process.exitCode = error.exitCode;
}
