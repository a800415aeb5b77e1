import { describe, expect, test } from 'vitest';
import { usableProviders } from '../../src/runtime/load.ts';

const BACKENDS = [
  { name: 'cpu', bundled: true },
  { name: 'webgpu', bundled: true },
  { name: 'cuda', bundled: false },
  { name: 'tensorrt', bundled: false },
];

describe('usable providers', () => {
  test.each([
    ['nothing but the binding', ['onnxruntime_binding.node', 'libonnxruntime.so.1'], []],
    ['the shared part alone', ['libonnxruntime_providers_shared.so'], []],
    ['a file that is no library', ['libonnxruntime_providers_cuda.so.part', 'libonnxruntime_providers_cuda_so'], []],
    ['the library of one', ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'], ['cuda']],
    [
      'libraries of Windows',
      ['onnxruntime_providers_tensorrt.dll', 'onnxruntime_providers_cuda.dll'],
      ['cuda', 'tensorrt'],
    ],
  ])('with %s beside the binding: those that are bundled, and %s', (_, libraries, more) => {
    expect(usableProviders(BACKENDS, libraries)).toEqual(['cpu', 'webgpu', ...more]);
  });
});
