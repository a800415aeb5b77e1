import { z } from 'zod';

/** Options of bfloat16; defaults are those of the configuration. */
export const bfloat16Options = z.strictObject({
  /** Names of nodes whose weights stay float32. */
  excludeNodes: z.array(z.string()).default([]),
});
