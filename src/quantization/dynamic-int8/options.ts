import { z } from 'zod';
import { WEIGHTED_OPERATORS } from '../weighted-nodes.ts';

/** Options of dynamic-int8; defaults are those of the configuration. */
export const dynamicInt8Options = z.strictObject({
  /** One weight scale per output column. */
  perChannel: z.boolean().default(true),
  /** 7-bit weights: x64 processors without VNNI add pairs of products in 16 bits and would saturate. */
  reduceRange: z.boolean().default(false),
  /** Of these only MatMul and Gemm are quantized: ConvInteger is slower than the float Conv. */
  opTypes: z.array(z.enum(WEIGHTED_OPERATORS)).min(1).default(['MatMul', 'Gemm']),
  /** Moves outliers of activations into the weights, where samples show that it helps. */
  smoothing: z.boolean().default(true),
  excludeNodes: z.array(z.string()).default([]),
});
