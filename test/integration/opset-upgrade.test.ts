import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { opsetVersion } from '../../src/onnx/graph.ts';
import { openModel, parseTensor } from '../../src/onnx/open.ts';
import { upgradeOpset } from '../../src/onnx/opset-upgrade/upgrade.ts';
import type { ModelProto } from '../../src/onnx/proto.ts';
import { elementCount, type HostTensor, loadTensor } from '../../src/onnx/tensor.ts';
import { realInputs } from '../../src/onnx/value-info.ts';
import type { Feeds } from '../../src/runtime/feeds.ts';
import { openSession } from '../../src/runtime/session.ts';

const SHARED = new URL('../../../shared/', import.meta.url).pathname;
const CASES = join(SHARED, 'onnx-cases');
const SUITES = ['simple', 'pytorch-operator', 'pytorch-converted'];
/** Gradient needs training kernels, StringNormalizer a locale: ONNX Runtime refuses them before any conversion. */
const REFUSED_ANYWAY = /gradient|strnorm/;

const cases = existsSync(CASES)
  ? SUITES.flatMap((suite) => readdirSync(join(CASES, suite)).map((name) => join(CASES, suite, name))).filter(
      (folder) => !REFUSED_ANYWAY.test(folder),
    )
  : [];

async function run(proto: ModelProto, feeds: Feeds): Promise<HostTensor[]> {
  const session = await openSession(encodedBytes(encodeModel(proto)), { threads: 1 });
  try {
    const results = await session.run(feeds);
    return session.outputs.map((output) => results[output.name] as HostTensor);
  } finally {
    await session.release();
  }
}

function worstDifference(a: HostTensor, b: HostTensor): number {
  expect(b.dims).toEqual(a.dims);
  let worst = 0;
  for (let i = 0; i < a.data.length; i += 1) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) worst = Math.max(worst, Math.abs(x - y) / (1 + Math.abs(x)));
  }
  return worst;
}

function savedTensor(path: string): HostTensor {
  return loadTensor(parseTensor(readFileSync(path)));
}

/** A fixed pattern with both signs; integers stay small, so that they are good as tokens. */
function pattern(dataType: HostTensor['dataType'], dims: readonly number[]): HostTensor {
  const count = elementCount(dims);
  const at = (i: number) => ((i * 7919) % 1009) / 504.5 - 1;
  if (dataType === 'int64')
    return { dataType, dims, data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 2)) };
  return { dataType, dims, data: Float32Array.from({ length: count }, (_, i) => at(i)) };
}

describe.skipIf(cases.length === 0)('the backend tests of ONNX (in ../shared/onnx-cases)', () => {
  for (const target of [13, 21]) {
    test(`keep their published outputs at opset ${target}`, async () => {
      let upgraded = 0;
      for (const folder of cases) {
        const { proto } = openModel(join(folder, 'model.onnx'));
        const data = join(folder, 'test_data_set_0');
        const feeds = Object.fromEntries(
          realInputs(proto.graph).map(({ name = '' }, i) => [name, savedTensor(join(data, `input_${i}.pb`))]),
        );
        const outputs = await run(upgradeOpset(proto, target), feeds);
        for (const [i, output] of outputs.entries()) {
          const expected = savedTensor(join(data, `output_${i}.pb`));
          expect.soft(worstDifference(expected, output), `${folder} output ${i}`).toBeLessThan(1e-4);
        }
        upgraded += 1;
      }
      expect(upgraded).toBe(cases.length);
    });
  }
});

const MODELS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'models/mnist/mnist.onnx': { Input3: [1, 1, 28, 28] },
  'models/ultraface/version-RFB-320.onnx': { input: [1, 3, 240, 320] },
  'models/yunet/yunet_n_dynamic.onnx': { input: [1, 3, 64, 96] },
  'models/tiny-bert/model.onnx': { input_ids: [2, 16], attention_mask: [2, 16] },
  'models/magika/model.onnx': { bytes: [1, 2048] },
  'onnx-cases/light/light_shufflenet.onnx': { 'gpu_0/data_0': [1, 3, 224, 224] },
  'onnx-cases/light/light_squeezenet.onnx': { data_0: [1, 3, 224, 224] },
};

describe.skipIf(cases.length === 0)('published models (in ../shared)', () => {
  for (const [path, shapes] of Object.entries(MODELS)) {
    test(`${path} gives the same outputs at opset 13 and 21`, async () => {
      const { proto } = openModel(join(SHARED, path));
      const types = new Map(realInputs(proto.graph).map((input) => [input.name, input.type?.tensorType?.elemType]));
      const feeds = Object.fromEntries(
        Object.entries(shapes).map(([name, dims]) => {
          if (types.get(name) !== 6) return [name, pattern(types.get(name) === 7 ? 'int64' : 'float32', dims)];
          return [
            name,
            { dataType: 'int32', dims, data: Int32Array.from({ length: elementCount(dims) }, (_, i) => i % 256) },
          ];
        }),
      ) as Feeds;
      const before = await run(proto, feeds);
      for (const target of [13, 21]) {
        const upgraded = upgradeOpset(proto, target);
        expect(opsetVersion(upgraded)).toBe(Math.max(target, opsetVersion(proto) ?? 0));
        const after = await run(upgraded, feeds);
        for (const [i, output] of after.entries()) {
          expect(worstDifference(before[i] as HostTensor, output)).toBeLessThan(1e-4);
        }
      }
    });
  }
});
