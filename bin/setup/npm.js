/** Runs npm: the one that started this process, else the one beside this Node, else the one on PATH. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './report.js';

/**
 * onnxruntime-node carries its CPU library in the package; its install script only fetches CUDA from nuget.org and fails
 * the whole installation where that host is out of reach. The variable works with every npm; `allowScripts` in
 * package.json needs npm 11.16, and the line in .npmrc is refused by the next major.
 */
const ENVIRONMENT = { ONNXRUNTIME_NODE_INSTALL: 'skip' };

export function npm(root, args, options = {}) {
  const script = npmScript();
  const env = { ...process.env, ...ENVIRONMENT };
  if (script === undefined) return run('npm', args, { cwd: root, env, ...options });
  return run(process.execPath, [script, ...args], { cwd: root, env, ...options });
}

function npmScript() {
  const folder = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    join(folder, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(folder, 'node_modules/npm/bin/npm-cli.js'),
  ];
  return candidates.find((path) => path !== undefined && /npm-cli\.c?js$/.test(path) && existsSync(path));
}
