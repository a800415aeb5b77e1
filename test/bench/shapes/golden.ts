/**
 * Writes test/onnx/shapes/reference-shapes.json: what the reference says of the models of test/onnx/shapes/models, so
 * that the unit tests need no Python. Each entry has the digest of the bytes that it was made of.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { factOf, print } from '../../onnx/shapes/facts.ts';
import { allModels } from '../../onnx/shapes/models/index.ts';
import { references } from './reference.ts';

const GOLDEN = new URL('../../onnx/shapes/reference-shapes.json', import.meta.url).pathname;

export async function writeGolden(python: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const models = allModels().map(([name, model], index) => {
    const path = join(folder, `${index}.onnx`);
    const bytes = encodedBytes(encodeModel(model));
    writeFileSync(path, bytes);
    return { name, path, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const golden: Record<string, unknown> = {};
  for await (const { model, variant, graphs, error } of references(
    python,
    folder,
    models.map(({ path }) => path),
  )) {
    if (variant !== 'as-is') continue;
    const { name, sha256 } = models.find(({ path }) => path === model) as (typeof models)[number];
    if (graphs === undefined) {
      console.log(`the reference refuses "${name}": ${error}`);
      process.exitCode = 1;
      continue;
    }
    const places = graphs.map(({ place, values }) => [place.join(' / '), textsOf(values)]);
    golden[name] = { sha256, graphs: Object.fromEntries(places) };
  }
  writeFileSync(GOLDEN, `${JSON.stringify(golden, null, 2)}\n`);
  console.log(`${models.length} models in ${GOLDEN}`);
}

function textsOf(values: Readonly<Record<string, Parameters<typeof factOf>[0]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, type]) => [name, print(factOf(type))]));
}
