import { z } from 'zod';

/** Options of float16; defaults are those of the configuration. */
export const float16Options = z.strictObject({
  /** Inputs and outputs stay float32, with a Cast behind or before them. */
  keepIo: z.boolean().default(true),
  /** Where `keepIo` is no: names of inputs and outputs that stay float32 nevertheless. */
  floatIo: z.array(z.string()).default([]),
  /** Operator types that stay float32, beside those that have to. */
  floatOps: z.array(z.string()).default([]),
  /** Names of nodes that stay float32. */
  excludeNodes: z.array(z.string()).default([]),
  /** Weights beyond ±65504: they are clamped, or the nodes that take them stay float32 (as in AutoCast of ModelOpt). */
  float16Overflow: z.enum(['clamp', 'float32']).default('clamp'),
});

export type Float16Options = z.infer<typeof float16Options>;
