import { z } from 'zod';

/** Operators whose constant weights become integers. */
const WEIGHT_OPERATORS = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'LSTM', 'GRU', 'RNN'] as const;
export type WeightOperator = (typeof WEIGHT_OPERATORS)[number];

const ROUNDINGS = ['nearest', 'k-quant', 'hqq'] as const;
export type WeightRounding = (typeof ROUNDINGS)[number];

const oneOf = <const T extends readonly number[]>(values: T) =>
  z
    .number()
    .refine((value): value is T[number] => values.includes(value), { error: `must be one of ${values.join(', ')}` });

/** Options of weight-only; defaults are those of the configuration. */
export const weightOnlyOptions = z.strictObject({
  /** Of the weights of MatMul and Gemm; those of other operators are int8. */
  weightBits: oneOf([4, 8]).default(4),
  /** Values that share one scale. ONNX Runtime's CPU kernel takes 16 to 256; with more it gave zeros (issue 28551). */
  blockSize: oneOf([16, 32, 64, 128, 256]).default(32),
  /** No zero points: smaller, and nearly as good where weights are spread around 0. */
  weightSymmetric: z.boolean().default(true),
  /** How scales and zero points of blocks are chosen: from lowest and highest values, or searched for (k-quant.ts, hqq.ts). */
  weightRounding: z.enum(ROUNDINGS).default('nearest'),
  /**
   * MatMulNBits of ONNX Runtime, or the DequantizeLinear of ONNX with `block_size` before an untouched MatMul, which asks for
   * opset 21 and which other runtimes know too.
   */
  weightForm: z.enum(['matmulnbits', 'qdq']).default('matmulnbits'),
  /** How MatMulNBits computes: 0 as it likes, 1 float32, 4 int8, which is the fast one on CPUs. */
  accuracyLevel: oneOf([0, 1, 4]).default(4),
  /** Also the tables that a Gather picks rows of: GatherBlockQuantized turns back those that it picks. */
  quantizeEmbeddings: z.boolean().default(false),
  weightOperators: z
    .array(z.enum(WEIGHT_OPERATORS))
    .min(1)
    .default([...WEIGHT_OPERATORS]),
  excludeNodes: z.array(z.string()).default([]),
});

export type WeightOnlyOptions = z.infer<typeof weightOnlyOptions>;
