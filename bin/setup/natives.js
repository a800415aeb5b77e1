/** Native packages are tried in a child process: one that was built for another Node may end it with a crash. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { npm } from './npm.js';
import { lastLines, run, SetupError, say } from './report.js';

const OPEN_DATABASE = `
  const { default: Database } = await import('better-sqlite3');
  new Database(':memory:').prepare('select sqlite_version()').get();`;
const LOAD_RUNTIME = `
  const { listSupportedBackends } = await import('onnxruntime-node');
  if (!listSupportedBackends().some(({ name }) => name === 'cpu')) throw new Error('It has no CPU backend.');`;

/** Version 13 brings binaries for Node 22 and newer inside of the package, and crashes on Node 20. */
const PREBUILT = { range: '^13.2.0', fromNode: 22 };

const COMPILERS = [
  { what: 'a C++ compiler', programs: ['g++', 'c++', 'clang++'] },
  { what: 'make', programs: ['make', 'gmake'] },
  { what: 'Python 3', programs: ['python3', 'python'] },
];

export async function checkNatives(root) {
  await checkDatabase(root);
  await checkRuntime(root);
}

async function checkDatabase(root) {
  const before = await tryOut(root, OPEN_DATABASE);
  if (before === undefined) return;
  say(`better-sqlite3 does not work under Node ${process.versions.node} (${before}); npm rebuild better-sqlite3 …`);
  const rebuild = await npm(root, ['rebuild', 'better-sqlite3'], { isQuiet: true });
  const after = await tryOut(root, OPEN_DATABASE);
  if (after === undefined) return;
  if (nodeMajor() >= PREBUILT.fromNode && (await takePrebuilt(root))) return;
  console.error(lastLines(rebuild.output));
  throw new SetupError(
    `better-sqlite3 does not open a database under Node ${process.versions.node}: ${after}.`,
    advice(),
  );
}

async function takePrebuilt(root) {
  const wanted = `better-sqlite3@${PREBUILT.range}`;
  say(`it cannot be built here; npm install --no-save ${wanted} …`);
  await npm(root, ['install', '--no-save', '--no-audit', '--no-fund', wanted], { isQuiet: true });
  return (await tryOut(root, OPEN_DATABASE)) === undefined;
}

/** What to do where SQLite can neither be downloaded nor compiled. */
function advice() {
  const missing = COMPILERS.filter(({ programs }) => !programs.some(isOnPath)).map(({ what }) => what);
  const why =
    missing.length > 0
      ? `There is no binary for this Node; compiling one needs ${missing.join(', ')}, which are missing here:`
      : 'There is no binary for this Node and compiling one failed. These tools are needed:';
  return `${why}
  Debian, Ubuntu  apt-get install -y g++ make python3
  Alpine          apk add g++ make python3
  Fedora          dnf install -y gcc-c++ make python3
  macOS           xcode-select --install
Or take Node ${PREBUILT.fromNode} or newer, for which better-sqlite3 13 brings a binary. Then: node bin/setup.js install build`;
}

function isOnPath(program) {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) =>
    names.some((name) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

async function checkRuntime(root) {
  const problem = await tryOut(root, LOAD_RUNTIME);
  if (problem === undefined) return;
  throw new SetupError(
    `onnxruntime-node does not load: ${problem}.`,
    `Its library needs glibc 2.28 (Debian 10, RHEL 8) or newer, macOS, or Windows; Alpine has musl instead.
To install it anew: rm -rf node_modules/onnxruntime-node && node bin/setup.js install`,
  );
}

/** Undefined when the script ends well, else why not, in one phrase. */
async function tryOut(root, script) {
  const args = ['--input-type=module', '--eval', script];
  const { code, signal, output } = await run(process.execPath, args, { cwd: root, isQuiet: true });
  if (code === 0) return undefined;
  if (signal !== null) return `the process crashed with ${signal}`;
  if (output.includes('Could not locate the bindings file')) return 'it has no binary';
  if (output.includes('NODE_MODULE_VERSION')) return 'it was built for another Node';
  const line = output.split('\n').find((text) => /^\w*Error\b/.test(text.trim())) ?? output.trim().split('\n')[0];
  return line.trim().replace(/\.$/, '') || `exit code ${code}`;
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}
