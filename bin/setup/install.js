/** The install step: node_modules as the lockfile says, with native packages that work under this Node. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkNatives } from './natives.js';
import { npm } from './npm.js';
import { lastLines, SetupError, say } from './report.js';

const STAMP = 'node_modules/.cache/nimify/install';
/** better-sqlite3 12 has it here; 13 brings its binaries elsewhere. */
const COMPILED = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';

export async function install(root) {
  const isVerified = readText(root, STAMP) === fingerprint(root);
  const problem = whatIsMissing(root, isVerified);
  if (problem === undefined && isVerified) return;
  if (problem !== undefined) await installPackages(root, problem);
  await checkNatives(root);
  mkdirSync(dirname(join(root, STAMP)), { recursive: true });
  writeFileSync(join(root, STAMP), fingerprint(root));
}

/** What was checked: the lockfile, what npm says it installed, what was compiled, and the binary interface of this Node. */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']) {
    hash.update(`${readText(root, file) ?? ''}\0`);
  }
  const binary = statSync(join(root, COMPILED), { throwIfNoEntry: false });
  hash.update(`${binary?.size} ${binary?.mtimeMs}\0`);
  return hash.update(`${process.versions.modules} ${process.platform} ${process.arch}`).digest('hex');
}

/**
 * Why node_modules is not complete, or undefined. Versions are compared unless this very state was verified before:
 * a repair may have put another version of a native package in place.
 */
function whatIsMissing(root, isVerified) {
  if (!existsSync(join(root, 'node_modules'))) return 'node_modules is missing';
  const installed = packagesOf(root, 'node_modules/.package-lock.json');
  if (installed === undefined) return 'node_modules was not made by npm, or not to its end';
  const gone = Object.keys(installed).find((path) => !existsSync(join(root, path)));
  if (gone !== undefined) return `${gone} is missing`;
  const wanted = packagesOf(root, 'package-lock.json');
  if (isVerified || wanted === undefined) return undefined;
  const different = Object.keys(wanted).find((path) => isDifferent(path, wanted[path], installed[path]));
  return different && `${different} is not the version of package-lock.json`;
}

/** Optional packages for other platforms are in the lockfile but not on the disk, except the one that we cannot miss. */
function isDifferent(path, wanted, installed) {
  if (path === '' || wanted.link) return false;
  if (installed === undefined) return !wanted.optional || path === 'node_modules/onnxruntime-node';
  return installed.version !== wanted.version;
}

function packagesOf(root, file) {
  const text = readText(root, file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text).packages;
  } catch {
    if (file.startsWith('node_modules')) return undefined;
    throw new SetupError(`${file} is not valid JSON.`, `Restore it: git checkout ${file}`);
  }
}

/**
 * `npm ci` wants a lockfile that names every optional package of every platform. One that was written behind a mirror
 * without some of them is refused as out of sync; `install --no-save` takes the same versions and leaves the file alone.
 */
async function installPackages(root, problem) {
  const hasLock = existsSync(join(root, 'package-lock.json'));
  const attempts = hasLock ? [['ci'], ['install', '--no-save']] : [['install']];
  for (const [index, attempt] of attempts.entries()) {
    say(`${index === 0 ? problem : 'the lockfile lacks packages'}; npm ${attempt.join(' ')} (takes a minute or two) …`);
    const args = [...attempt, '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
    const { code, output } = await npm(root, args, { isQuiet: true });
    if (code === 0) return;
    const canGoOn = /code EUSAGE/.test(output) && index + 1 < attempts.length;
    if (!canGoOn) throw installFailed(attempt.join(' '), code, output);
  }
}

function installFailed(command, code, output) {
  if (code === null) {
    return new SetupError(
      `npm does not start: ${output}.`,
      'Install npm 10 or newer (it comes with Node) and try again.',
    );
  }
  return new SetupError(
    `npm ${command} failed with exit code ${code}:\n${lastLines(output)}`,
    'Without access to registry.npmjs.org, set a mirror first: npm config set registry URL',
  );
}

function readText(root, file) {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}
