/** Real models of the folder of shared test data, what goes into them, and how far apart two results are. */
import { expect } from 'vitest';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import type { GraphProto, ModelProto } from '../../src/onnx/proto.ts';
import { elementCount, type HostTensor } from '../../src/onnx/tensor.ts';
import { realInputs, tensorInfo } from '../../src/onnx/value-info.ts';
import type { Feeds } from '../../src/runtime/feeds.ts';
import { openSession, type SessionOptions } from '../../src/runtime/session.ts';

export const SHARED = new URL('../../../shared/', import.meta.url).pathname;

/** Path below the shared folder → input → dims; a pattern of values is made for them. */
export const REAL_MODELS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'models/mnist/mnist.onnx': { Input3: [1, 1, 28, 28] },
  'models/ultraface/version-RFB-320.onnx': { input: [1, 3, 240, 320] },
  'models/yunet/yunet_n_dynamic.onnx': { input: [1, 3, 64, 96] },
  'models/tiny-bert/model.onnx': { input_ids: [2, 16], attention_mask: [2, 16] },
  'models/magika/model.onnx': { bytes: [1, 2048] },
  'models/silero-vad/silero_vad.onnx': { input: [1, 576], state: [2, 1, 128], sr: [] },
  'models/silero-vad/silero_vad_op18_ifless.onnx': { input: [1, 576], state: [2, 1, 128], sr: [] },
  'onnx-cases/light/light_shufflenet.onnx': { 'gpu_0/data_0': [1, 3, 224, 224] },
  'onnx-cases/light/light_squeezenet.onnx': { data_0: [1, 3, 224, 224] },
  'onnx-cases/light/light_densenet121.onnx': { data_0: [1, 3, 224, 224] },
};

/** A fixed pattern of values for each input: floats of both signs, small integers that are good as tokens and bytes. */
export function patternFeeds(graph: GraphProto, shapes: Readonly<Record<string, readonly number[]>>): Feeds {
  const inputs = realInputs(graph).map(tensorInfo);
  return Object.fromEntries(
    inputs
      .filter(({ name }) => shapes[name])
      .map(({ name, dataType }) => [name, pattern(name, dataType, shapes[name]!)]),
  );
}

function pattern(name: string, dataType: HostTensor['dataType'] | null, dims: readonly number[]): HostTensor {
  const length = elementCount(dims);
  if (dataType === 'int64') {
    const at = (i: number): bigint => (name === 'sr' ? 16000n : BigInt(i % 2));
    return { dataType, dims, data: BigInt64Array.from({ length }, (_, i) => at(i)) };
  }
  if (dataType === 'int32') return { dataType, dims, data: Int32Array.from({ length }, (_, i) => i % 256) };
  const data = Float32Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 504.5 - 1);
  return { dataType: 'float32', dims, data };
}

/** Runs once and gives the outputs in their order. */
export async function runOnce(proto: ModelProto, feeds: Feeds, options: SessionOptions = {}): Promise<HostTensor[]> {
  const session = await openSession(encodedBytes(encodeModel(proto)), { threads: 1, ...options });
  try {
    const results = await session.run(feeds);
    return session.outputs.map((output) => results[output.name] as HostTensor);
  } finally {
    await session.release();
  }
}

/** The largest |a − b|; 0 where both are NaN. */
export function maxAbsDifference(a: HostTensor, b: HostTensor): number {
  return largest(a, b, (x, y) => Math.abs(x - y));
}

/** The largest |a − b| / (1 + |a|). */
export function worstDifference(a: HostTensor, b: HostTensor): number {
  return largest(a, b, (x, y) => Math.abs(x - y) / (1 + Math.abs(x)));
}

function largest(a: HostTensor, b: HostTensor, distance: (x: number, y: number) => number): number {
  expect(b.dims).toEqual(a.dims);
  let worst = 0;
  for (let i = 0; i < a.data.length; i += 1) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) worst = Math.max(worst, distance(x, y));
  }
  return worst;
}
