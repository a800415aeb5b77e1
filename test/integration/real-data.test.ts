/** Published models quantized and measured on data of the kind that they were made for. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeConfig } from '../../src/config/make-config.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { quantize } from '../../src/pipeline/quantize.ts';

const MODELS = new URL('../../../shared/models/', import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-real-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!existsSync(MODELS))('speech (skipped where ../shared/models is missing)', () => {
  test.each(['silero_vad', 'silero_vad_op18_ifless'])(
    '%s decides the same in 995 of 1000 frames when its weights are integers, with its own state along the recording',
    async (name) => {
      const config = makeConfig({ evaluation: { latencyRuns: 3, maxSamples: 2000 } });
      const { result } = await quantize(
        {
          model: join(MODELS, `silero-vad/${name}.onnx`),
          method: 'weight-only',
          output: join(folder, `${name}.onnx`),
          force: false,
          data: { path: join(MODELS, 'silero-vad/test.wav'), bind: {} },
        },
        pipelineDeps(config),
      );
      const [output, state] = result.evaluation?.outputs ?? [];
      expect(result.evaluation?.samples).toBe(1875 - 128);
      expect(output?.decisionAgreement).toBeGreaterThanOrEqual(0.995);
      expect(result.evaluation?.size.ratio).toBeLessThanOrEqual(0.6);
      expect(state).toMatchObject({ name: 'stateN', isState: true });
    },
  );
});
