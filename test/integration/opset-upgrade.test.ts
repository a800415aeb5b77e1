import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { opsetVersion } from '../../src/onnx/graph.ts';
import { openModel, parseTensor } from '../../src/onnx/open.ts';
import { upgradeOpset } from '../../src/onnx/opset-upgrade/upgrade.ts';
import { type HostTensor, loadTensor } from '../../src/onnx/tensor.ts';
import { realInputs } from '../../src/onnx/value-info.ts';
import { maxAbsDifference, patternFeeds, REAL_MODELS, runOnce, SHARED, worstDifference } from './real-models.ts';

const CASES = join(SHARED, 'onnx-cases');
const SUITES = ['simple', 'pytorch-operator', 'pytorch-converted'];
/** Gradient needs training kernels, StringNormalizer a locale: ONNX Runtime refuses them before any conversion. */
const REFUSED_ANYWAY = /gradient|strnorm/;

const cases = existsSync(CASES)
  ? SUITES.flatMap((suite) => readdirSync(join(CASES, suite)).map((name) => join(CASES, suite, name))).filter(
      (folder) => !REFUSED_ANYWAY.test(folder),
    )
  : [];

function savedTensor(path: string): HostTensor {
  return loadTensor(parseTensor(readFileSync(path)));
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
        const outputs = await runOnce(upgradeOpset(proto, target), feeds);
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

describe.skipIf(cases.length === 0)('published models (in ../shared)', () => {
  for (const [path, shapes] of Object.entries(REAL_MODELS)) {
    test(`${path} gives the same outputs at opset 13 and 21`, async () => {
      const { proto } = openModel(join(SHARED, path));
      const feeds = patternFeeds(proto.graph, shapes);
      const before = await runOnce(proto, feeds);
      for (const target of [13, 21]) {
        const upgraded = upgradeOpset(proto, target);
        expect(opsetVersion(upgraded)).toBe(Math.max(target, opsetVersion(proto) ?? 0));
        const after = await runOnce(upgraded, feeds);
        for (const [i, output] of after.entries()) {
          expect(worstDifference(before[i] as HostTensor, output)).toBeLessThan(1e-4);
        }
      }
    });
  }

  test.each([
    ['onnx-cases/light/light_densenet121.onnx', 21],
    ['models/ultraface/version-RFB-320.onnx', 17],
  ] as const)('%s, opset 9, gives at opset %i what it gave, within 1e-5', async (path, target) => {
    const { proto } = openModel(join(SHARED, path));
    expect(opsetVersion(proto)).toBe(9);
    const feeds = patternFeeds(proto.graph, REAL_MODELS[path] ?? {});
    const [before, after] = [await runOnce(proto, feeds), await runOnce(upgradeOpset(proto, target), feeds)];
    for (const [i, output] of after.entries()) {
      expect(maxAbsDifference(before[i] as HostTensor, output)).toBeLessThan(1e-5);
    }
  });
});
