/** float16 and bfloat16 of published models: they load, give nearly what they gave, and are about half as large. */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeModel } from '../../src/onnx/encode.ts';
import { openModel } from '../../src/onnx/open.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { realInputs } from '../../src/onnx/value-info.ts';
import { findQuantizer } from '../../src/quantization/registry.ts';
import { depsIn } from '../quantization/small-models.ts';
import { patternFeeds, REAL_MODELS, runOnce, SHARED } from './real-models.ts';

/** Those of ../shared/onnx-cases/light that hold weights: most make them of ConstantOfShape. */
const LIGHT = 'onnx-cases/light';

async function converted(method: string, path: string) {
  const quantizer = await findQuantizer(method).load();
  const input = { model: openModel(join(SHARED, path)), calibration: null, options: {} };
  return (await quantizer.run(input, depsIn(tmpdir()))).proto;
}

/** 10·log10(Σ a² / Σ (a − b)²), over all outputs. */
function sqnrDb(before: readonly HostTensor[], after: readonly HostTensor[]): number {
  let [signal, noise] = [0, 0];
  for (const [index, { data, dims }] of before.entries()) {
    expect(after[index]?.dims).toEqual(dims);
    for (const [i, value] of (data as Float32Array).entries()) {
      signal += value ** 2;
      noise += (value - Number(after[index]?.data[i])) ** 2;
    }
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}

const sizeOf = (proto: Parameters<typeof encodeModel>[0]): number => encodeModel(proto).sizeBytes;

describe.skipIf(!existsSync(SHARED))('published models (in ../shared)', () => {
  for (const method of ['float16', 'bfloat16']) {
    test.each(Object.entries(REAL_MODELS))(`${method} of %s`, async (path, shapes) => {
      const { proto } = openModel(join(SHARED, path));
      const after = await converted(method, path);
      const feeds = patternFeeds(proto.graph, shapes);
      expect(sqnrDb(await runOnce(proto, feeds), await runOnce(after, feeds))).toBeGreaterThan(35);
      // The light models are mostly graph, and silero's second one too.
      if (path.startsWith('models/') && !path.includes('ifless')) {
        expect(sizeOf(after) / sizeOf(proto)).toBeLessThan(0.65);
      }
    });
  }

  const light = existsSync(SHARED) ? readdirSync(join(SHARED, LIGHT)).filter((name) => name.endsWith('.onnx')) : [];
  test.each(light)('float16 of %s loads, or it says why it is not for the model', async (name) => {
    const path = join(LIGHT, name);
    const [obstacle] = (await findQuantizer('float16').load()).requires(openModel(join(SHARED, path)));
    if (obstacle !== undefined) return expect(obstacle.args.reason).toBe('it has no float32 weight');
    const { graph } = openModel(join(SHARED, path)).proto;
    const proto = await converted('float16', path);
    const [image] = realInputs(graph);
    const feeds = patternFeeds(graph, { [image?.name ?? '']: [1, 3, 224, 224] });
    expect(await runOnce(proto, feeds)).toHaveLength(1);
  });
});
