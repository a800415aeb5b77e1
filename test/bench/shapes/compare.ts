/**
 * Compares our types and shapes with those of onnx.shape_inference (strict, with data propagation), and what we write
 * with what we read, on the models of ONNX's backend tests and on those of ../shared.
 *
 * Run: ONNX_PYTHON=path/to/python npm run bench:shapes [-- --engine onnxruntime] [-- --all] [-- --golden]
 * The Python needs the package onnx (1.23.2 was used). Exit code 1: a contradiction, something that the reference knows
 * and we do not, or other bytes, unless explained.ts says why.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { openModel } from '../../../src/onnx/open.ts';
import { Comparison } from './comparison.ts';
import { ENGINES } from './engines.ts';
import { writeGolden } from './golden.ts';
import { caseFolder, references } from './reference.ts';
import { printReport } from './report.ts';

const SHARED = new URL('../../../../shared/', import.meta.url).pathname;

function modelsBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(folder, name))
    .sort();
}

function isWrittenBack(path: string): boolean {
  const written = encodedBytes(encodeModel(openModel(path).proto));
  return readFileSync(path).equals(written);
}

const CACHE = join(tmpdir(), 'nimify-bench-shapes');

async function main(python: string, engineName: string, isVerbose: boolean): Promise<void> {
  const engine = ENGINES[engineName];
  if (engine === undefined) throw new Error(`No engine ${engineName}; there are ${Object.keys(ENGINES).join(', ')}.`);
  const models = [
    ...modelsBelow(await caseFolder(python, CACHE)),
    ...modelsBelow(join(SHARED, 'models')),
    ...modelsBelow(join(SHARED, 'onnx-cases')),
  ];
  const otherBytes = models.filter((path) => !isWrittenBack(path));
  const comparison = new Comparison();
  for await (const reference of references(python, join(CACHE, 'variants'), models)) {
    await comparison.add(reference, engine);
  }
  const hasFailed = printReport(comparison, { models: models.length, otherBytes, isVerbose, shorten });
  process.exitCode = hasFailed ? 1 : 0;
}

/** `test_add`, `magika/model` … */
function shorten(path: string): string {
  const name = basename(path, '.onnx');
  const folder = dirname(path).split(sep).at(-1) ?? '';
  return name === 'model' ? folder : `${folder}/${name}`;
}

const python = process.env.ONNX_PYTHON;
const flags = process.argv.slice(2);
if (python === undefined) {
  console.error('ONNX_PYTHON has to name a Python that has the package onnx: there is nothing to compare with.');
  process.exitCode = 2;
} else if (flags.includes('--golden')) {
  await writeGolden(python, join(CACHE, 'golden'));
} else {
  const named = flags.indexOf('--engine');
  await main(python, named < 0 ? 'nimify' : (flags[named + 1] ?? ''), flags.includes('--all'));
}
