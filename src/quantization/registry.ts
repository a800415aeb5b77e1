/** Every quantizer, as data; the code of one loads when it is used. */

import { closest } from '../base/closest.ts';
import { NimifyError } from '../base/errors.ts';
import type { QuantizerEntry } from './quantizer.ts';

const SHARED = ['perChannel', 'reduceRange', 'opTypes', 'excludeNodes'] as const;

export const QUANTIZERS: readonly QuantizerEntry[] = [
  {
    id: 'static-int8',
    title: 'int8, calibrated',
    summary:
      'Weights and activations of Conv, MatMul and Gemm as 8-bit integers with ranges from calibration data; best for convolutional networks.',
    needsCalibration: true,
    settings: [
      ...SHARED,
      'floatStem',
      'equalization',
      'biasCorrection',
      'rangeSearch',
      'calibrationMethod',
      'percentile',
      'activationType',
      'activationSymmetric',
      'weightType',
      'quantizeBias',
      'quantizeOutputs',
    ],
    load: async () => (await import('./static-int8/quantizer.ts')).staticInt8,
  },
  {
    id: 'dynamic-int8',
    title: 'int8, ranges at run time',
    summary:
      'Weights of MatMul and Gemm as 8-bit integers, activations quantized at each run, also in the bodies of If, Loop and Scan; best for transformers. Needs no data; with samples, outliers of activations move into the weights (SmoothQuant).',
    needsCalibration: false,
    usesCalibration: true,
    settings: [...SHARED, 'smoothing'],
    load: async () => (await import('./dynamic-int8/quantizer.ts')).dynamicInt8,
  },
  {
    id: 'weight-only',
    title: 'weights as 4- or 8-bit integers',
    summary:
      'Weights of MatMul and Gemm in blocks of 4 or 8 bits, of convolutions and recurrent layers as int8; activations stay float, needs no data. Best for large language models and for small files.',
    needsCalibration: false,
    settings: [
      'weightBits',
      'blockSize',
      'weightSymmetric',
      'weightRounding',
      'weightForm',
      'accuracyLevel',
      'quantizeEmbeddings',
      'weightOperators',
      'excludeNodes',
    ],
    load: async () => (await import('./weight-only/quantizer.ts')).weightOnly,
  },
  {
    id: 'float16',
    title: 'float16',
    summary:
      'Weights and activations as 16-bit floats: half the size, for GPUs that calculate in them; CPUs calculate in float32 all the same. Needs no data.',
    needsCalibration: false,
    settings: ['keepIo', 'floatIo', 'floatOps', 'float16Overflow', 'excludeNodes'],
    load: async () => (await import('./float16/quantizer.ts')).float16,
  },
  {
    id: 'bfloat16',
    title: 'weights as bfloat16',
    summary:
      'Weights as 16-bit floats with the range of float32, turned back when the model is loaded: half the file, no speed. Needs no data.',
    needsCalibration: false,
    settings: ['excludeNodes'],
    load: async () => (await import('./bfloat16/quantizer.ts')).bfloat16,
  },
];

/** @throws NimifyError METHOD_UNKNOWN */
export function findQuantizer(id: string): QuantizerEntry {
  const found = QUANTIZERS.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const ids = QUANTIZERS.map((entry) => entry.id);
  const near = closest(id, ids);
  throw new NimifyError('METHOD_UNKNOWN', `No quantization method is called ${JSON.stringify(id)}.`, {
    hint: near === undefined ? `Methods: ${ids.join(', ')}.` : `Did you mean ${near}? Methods: ${ids.join(', ')}.`,
    details: { method: id, methods: ids },
  });
}
