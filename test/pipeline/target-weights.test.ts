/** `quantize` for TensorRT: the preset of the target counts before the method is judged. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ConfigValues, makeConfig } from '../../src/config/make-config.ts';
import { makeNode } from '../../src/onnx/build.ts';
import { openModel } from '../../src/onnx/open.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { quantize } from '../../src/pipeline/quantize.ts';
import { smallModel, wave } from '../quantization/small-models.ts';

let folder: string;
const path = (name: string) => join(folder, `${name}.onnx`);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-target-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const nodes = [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })];
  await writeModel(smallModel({ nodes, input: [4, 256], weights: { w: wave([256, 8]) }, opset: 17 }).proto, path('m'));
});

function run(quantization: ConfigValues['quantization'] = {}) {
  const config = makeConfig({ quantization: { target: 'tensorrt', ...quantization } });
  const request = { model: path('m'), method: 'weight-only', output: path('q'), force: true, data: { bind: {} } };
  return quantize({ ...request, isUnmeasured: true }, pipelineDeps(config));
}

test('weight-only becomes int4 in blocks of 128 behind a DequantizeLinear', async () => {
  await run();
  const { graph } = openModel(path('q')).proto;
  expect(graph?.node.map(({ opType }) => opType)).toEqual(['DequantizeLinear', 'MatMul']);
  expect(graph?.initializer.map(({ dims }) => dims)).toEqual([
    [256, 8],
    [2, 8],
  ]);
});

test('MatMulNBits is refused with the form to take', async () => {
  await expect(run({ weightForm: 'matmulnbits' })).rejects.toMatchObject({
    code: 'METHOD_NOT_FOR_TARGET',
    message: expect.stringContaining('--weight-form qdq'),
  });
});
