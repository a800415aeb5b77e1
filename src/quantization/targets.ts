/**
 * Where a model is going to run: which methods pay there, which are slow or wrong, and what the processor asks for. The
 * facts are those of ONNX Runtime 1.30 (docs/OperatorKernels.md) and TensorRT 10 (its guide to quantized types).
 */
import type { Processor } from '../base/processor.ts';
import type { Config } from '../config/schema.ts';

type Settings = Partial<Config['quantization']>;

interface Target {
  /** Ids of the methods that pay, the first one first. */
  readonly suits: readonly string[];
  /** Method → a clause that says why not; one that depends on the settings is undefined where they suit. */
  readonly refused: Readonly<Record<string, string | ((settings: Config['quantization']) => string | undefined)>>;
  /** What it sets over the configuration. */
  settings(processor: Processor): Settings;
}

const FLOAT16_ON_CPU = 'ONNX Runtime computes float16 in float32 on CPUs, with a cast before and behind each operator';
/** It adds a Cast to float32 that is carried out when the model is loaded (src/quantization/bfloat16/). */
const BFLOAT16_ON_GPU = 'its weights are float32 again once the model is loaded, while float16 is computed in';

export const TARGETS: Readonly<Record<'cpu' | 'cuda' | 'tensorrt' | 'edge', Target>> = {
  cpu: {
    suits: ['static-int8', 'dynamic-int8', 'weight-only'],
    refused: { float16: FLOAT16_ON_CPU },
    settings: ({ architecture, hasVnni }) => {
      // The kernels of ONNX Runtime's MLAS for dot products multiply signed by signed there.
      if (architecture === 'arm64') return { activationType: 'int8' };
      // Pairs of 8-bit products are summed in 16 bits there, which saturates (issue 6004 of ONNX Runtime).
      return architecture === 'x64' && hasVnni === false ? { reduceRange: true } : {};
    },
  },
  cuda: {
    suits: ['float16', 'weight-only'],
    refused: {
      'static-int8':
        'the CUDA provider has no QLinearConv and QLinearMatMul: it computes in float32 between conversions',
      'dynamic-int8': 'DynamicQuantizeLinear and ConvInteger run on the CPU there, with a copy before and behind',
      bfloat16: BFLOAT16_ON_GPU,
    },
    settings: () => ({}),
  },
  tensorrt: {
    suits: ['static-int8', 'float16'],
    refused: {
      'dynamic-int8': 'TensorRT does not import DynamicQuantizeLinear',
      'weight-only': weightsRefusedByTensorrt,
      bfloat16: BFLOAT16_ON_GPU,
    },
    // Explicit quantization: zero points of 0, float biases, pairs before nodes only, so that what follows is fused.
    settings: () => ({
      activationType: 'int8',
      activationSymmetric: true,
      weightType: 'int8',
      perChannel: true,
      reduceRange: false,
      quantizeBias: false,
      quantizeOutputs: false,
      weightForm: 'qdq',
      weightBits: 4,
      weightSymmetric: true,
      blockSize: 128,
      weightOperators: ['MatMul', 'Gemm'],
    }),
  },
  edge: {
    // Half the file without calibration: the Cast is carried out once, when the model is loaded.
    suits: ['static-int8', 'weight-only', 'bfloat16'],
    refused: { float16: FLOAT16_ON_CPU },
    settings: () => ({ weightBits: 4 }),
  },
};

/** Blocks of TensorRT 10 are int4 along the inner dimension, 64 or 128 of them, with zero points of 0. */
function weightsRefusedByTensorrt({ weightForm, weightBits, weightSymmetric, blockSize }: Config['quantization']) {
  if (weightForm !== 'qdq') return 'TensorRT does not import MatMulNBits; --weight-form qdq is what it takes';
  if (weightBits !== 4) return 'weights in blocks have 4 bits in TensorRT';
  if (!weightSymmetric) return 'TensorRT takes no zero points but 0, that is weightSymmetric: true';
  return blockSize === 64 || blockSize === 128 ? undefined : 'blocks of TensorRT hold 64 or 128 values';
}

export type TargetName = keyof typeof TARGETS;

/** A clause that says why the method is not for the target; undefined where it is. */
export function refusal(target: TargetName, method: string, settings: Config['quantization']): string | undefined {
  const clause = TARGETS[target].refused[method];
  const reason = typeof clause === 'function' ? clause(settings) : clause;
  return reason === undefined ? undefined : `it is not for ${target}: ${reason}`;
}
