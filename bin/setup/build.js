/** The build step: src → dist, anew as a whole, so that nothing of a deleted file stays behind. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, SetupError, say } from './report.js';

const STAMP = 'node_modules/.cache/nimify/build';
const COMPILER = 'node_modules/typescript/bin/tsc';
const TYPESCRIPT = /(?<!\.d)\.tsx?$/;

export async function build(root) {
  const sources = sourcesOf(root);
  const wanted = fingerprint(root, sources);
  if (isBuilt(root, sources) && readStamp(root) === wanted) return;
  if (!existsSync(join(root, COMPILER))) {
    throw new SetupError('TypeScript is not installed.', 'Run: node bin/setup.js install build');
  }
  await compile(root);
  mkdirSync(dirname(join(root, STAMP)), { recursive: true });
  writeFileSync(join(root, STAMP), wanted);
}

/** Paths below src, sorted. */
function sourcesOf(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(tsx?|json)$/.test(path))
    .sort();
}

/** Contents instead of dates: a checkout changes dates only. */
function fingerprint(root, sources) {
  const hash = createHash('sha256');
  for (const file of [
    'tsconfig.json',
    'node_modules/typescript/package.json',
    ...sources.map((path) => `src/${path}`),
  ]) {
    hash.update(`${file}\0`);
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Whether dist holds the output of every source and of nothing else. */
function isBuilt(root, sources) {
  if (!existsSync(join(root, 'dist'))) return false;
  const made = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.js$/.test(path),
  );
  const wanted = sources.filter((path) => TYPESCRIPT.test(path)).map((path) => path.replace(TYPESCRIPT, '.js'));
  return made.sort().join() === wanted.sort().join();
}

function readStamp(root) {
  return existsSync(join(root, STAMP)) ? readFileSync(join(root, STAMP), 'utf8') : undefined;
}

/** Compiles beside dist and swaps: a failed build leaves the old one as it was. */
async function compile(root) {
  const start = performance.now();
  const fresh = join(root, '.nimify', `build-${process.pid}`);
  const old = `${fresh}.old`;
  try {
    const args = [join(root, COMPILER), '-p', join(root, 'tsconfig.json'), '--outDir', fresh];
    const { code } = await run(process.execPath, args, { cwd: root });
    if (code !== 0)
      throw new SetupError('src does not compile; dist is as it was.', 'npm run types shows the same.', 1);
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
    renameSync(fresh, join(root, 'dist'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  say(`built dist in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
