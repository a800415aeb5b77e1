/** Our rules against what ONNX Runtime infers, on models that others wrote. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import { openModel } from '../../src/onnx/open.ts';
import { inferTypes, type Shapes } from '../../src/onnx/shapes/infer.ts';
import type { TensorInfo } from '../../src/onnx/value-info.ts';
import { probeShapes } from '../../src/runtime/probed-shapes.ts';

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const hasShared = existsSync(join(SHARED, 'models')) && existsSync(join(SHARED, 'onnx-cases'));
const { signal } = new AbortController();

const modelsBelow = (folder: string): string[] =>
  readdirSync(join(SHARED, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(folder, name))
    .sort();

/** Facts of the other side that ours does not have, as `name: theirs | ours`. */
function missing(ours: TensorInfo | undefined, theirs: TensorInfo): string[] {
  const said = `${theirs.name}: ${theirs.dataType} [${theirs.shape}] | ${ours?.dataType} [${ours?.shape}]`;
  if (theirs.dataType !== null && ours?.dataType !== theirs.dataType) return [said];
  if (theirs.shape === null) return [];
  if (ours?.shape?.length !== theirs.shape.length) return [said];
  const isAgreed = theirs.shape.every(
    (dim, axis) => dim === null || dim === ours.shape?.[axis] || isTold(dim, ours.shape?.[axis]),
  );
  return isAgreed ? [] : [said];
}

const missingAmong = (ours: Shapes, theirs: Shapes): string[] =>
  Object.values(theirs).flatMap((info) => missing(ours[info.name], info));

/** Old operators for which ONNX Runtime has no kernel, and those of training. */
function refused(error: unknown): null {
  if (error instanceof NimifyError && ['RUNTIME_REFUSED', 'CUSTOM_OPERATORS'].includes(error.code)) return null;
  throw error;
}

/** A number tells more than a symbol, and one symbol is as good as another for the same dim. */
function isTold(theirs: number | string, ours: number | string | null | undefined): boolean {
  return typeof theirs === 'string' && ours !== null;
}

describe.skipIf(!hasShared)('published models (skipped where ../shared is missing)', () => {
  const notLoaded: string[] = [];
  const cases = hasShared ? [...modelsBelow('models'), ...modelsBelow('onnx-cases')] : [];

  test.each(cases.filter((path) => !path.includes('super-resolution')))('%s', async (path) => {
    const model = openModel(join(SHARED, path));
    const { tensors, problems } = inferTypes(model.proto);
    expect(problems).toEqual([]);
    const asked = await probeShapes(model, { signal }).catch(refused);
    if (asked === null) notLoaded.push(path);
    else expect(missingAmong(tensors, asked)).toEqual([]);
  });

  test('ONNX Runtime has loaded most of them', () => {
    expect(notLoaded.length).toBeLessThan(cases.length / 3);
  });

  test('super-resolution, which ONNX Runtime refuses: the network is known, pictures are not', () => {
    const { proto } = openModel(join(SHARED, 'models/super-resolution/model.onnx'));
    const { tensors, problems, unknownOperators } = inferTypes(proto);
    expect(problems).toEqual([]);
    expect(unknownOperators).toEqual(['com.microsoft.extensions.DecodeImage', 'com.microsoft.extensions.EncodeImage']);
    const network = proto.graph.node.filter((node) => node.opType === 'Conv').map((node) => node.output[0] as string);
    expect(network.map((name) => tensors[name]?.shape)).toEqual([
      ...Array.from({ length: 2 }, () => [1, 64, 224, 224]),
      [1, 32, 224, 224],
      [1, 9, 224, 224],
    ]);
  });
});
