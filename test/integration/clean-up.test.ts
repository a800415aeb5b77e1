import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanUp } from '../../src/onnx/clean-up/clean-up.ts';
import { openModel } from '../../src/onnx/open.ts';
import { upgradeOpset } from '../../src/onnx/opset-upgrade/upgrade.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { patternFeeds, REAL_MODELS, runOnce, SHARED, worstDifference } from './real-models.ts';

/** Changes per pass; the graphs are published, so the counts are facts about them. */
const CHANGES: Readonly<Record<string, object>> = {
  'models/mnist/mnist.onnx': { 'initializer-inputs': 8 },
  'models/ultraface/version-RFB-320.onnx': {
    'node-names': 242,
    'initializer-inputs': 244,
    constants: 31,
    'batch-normalization': 35,
    duplicates: 56,
    dead: 1,
  },
  'models/yunet/yunet_n_dynamic.onnx': { duplicates: 21 },
  'models/tiny-bert/model.onnx': { constants: 30, duplicates: 67 },
  'models/magika/model.onnx': {},
  'models/silero-vad/silero_vad.onnx': { 'node-names': 30, constants: 341, duplicates: 236 },
  'models/silero-vad/silero_vad_op18_ifless.onnx': { dead: 3 },
  'onnx-cases/light/light_shufflenet.onnx': { 'node-names': 243, 'initializer-inputs': 281, duplicates: 251 },
  'onnx-cases/light/light_squeezenet.onnx': {
    'node-names': 39,
    'initializer-inputs': 52,
    identities: 1,
    duplicates: 17,
  },
  'onnx-cases/light/light_densenet121.onnx': { 'node-names': 836, 'initializer-inputs': 848, duplicates: 772 },
};

describe.skipIf(!existsSync(SHARED))('cleaned up, published models (in ../shared) give what they gave', () => {
  for (const [path, shapes] of Object.entries(REAL_MODELS)) {
    test(path, async () => {
      const { proto } = openModel(join(SHARED, path));
      const feeds = patternFeeds(proto.graph, shapes);
      const { model, steps } = cleanUp(proto);
      expect(Object.fromEntries(steps.map(({ id, count }) => [id, count]))).toEqual(CHANGES[path]);
      const before = await runOnce(proto, feeds);
      for (const result of [model, cleanUp(upgradeOpset(proto, 21)).model]) {
        const after = await runOnce(result, feeds);
        for (const [i, output] of after.entries()) {
          expect(worstDifference(before[i] as HostTensor, output)).toBeLessThan(1e-4);
        }
      }
    });
  }
});
