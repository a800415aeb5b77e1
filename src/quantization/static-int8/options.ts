/** The options of static-int8 and what they must not say together. */
import { z } from 'zod';
import { ACTIVATION_TYPES, type IntegerForm, WEIGHT_TYPES } from '../affine.ts';
import { CALIBRATION_METHODS } from '../calibration/methods.ts';
import { WEIGHTED_OPERATORS } from '../weighted-nodes.ts';

const all = z.strictObject({
  /** One weight scale per output channel. */
  perChannel: z.boolean().default(true),
  /** 7-bit weights: x64 processors without VNNI add pairs of products in 16 bits and would saturate. */
  reduceRange: z.boolean().default(false),
  opTypes: z
    .array(z.enum(WEIGHTED_OPERATORS))
    .min(1)
    .default([...WEIGHTED_OPERATORS]),
  excludeNodes: z.array(z.string()).default([]),
  /** Convolutions of few channels at the entrance of the network stay float; see stem.ts. */
  floatStem: z.boolean().default(true),
  /** Channels between convolutions get the same span, with `perChannel`; see equalization.ts. */
  equalization: z.boolean().default(true),
  /** Biases take back the mean error that rounding the weights makes; see bias-correction.ts. */
  biasCorrection: z.boolean().default(true),
  /** The lower end of ranges that no integer node takes is chosen by the results of the model; see range-search.ts. */
  rangeSearch: z.boolean().default(true),
  /** How the range of an activation comes from the samples; see ../calibration/methods.ts. */
  calibrationMethod: z.enum(CALIBRATION_METHODS).default('minmax'),
  /** Of the values, in percent, that the range holds with the method percentile. */
  percentile: z.number().gt(50).max(100).default(99.999),
  /** `uint8` for x64 processors, `int8` for ARM64; 16 bits for accelerators, CPUs compute in float32 between them. */
  activationType: z.enum(ACTIVATION_TYPES).default('uint8'),
  /** Ranges of activations reach as far below 0 as above. */
  activationSymmetric: z.boolean().default(false),
  /** `int8` is symmetric, `uint8` has zero points; channels of a convolution share one, the middle. */
  weightType: z.enum(WEIGHT_TYPES).default('int8'),
  /** Biases as int32; else they stay float, which is what TensorRT takes. */
  quantizeBias: z.boolean().default(true),
  /** Integers behind convolutions too, as ONNX Runtime's kernels want; else before nodes only, as TensorRT wants. */
  quantizeOutputs: z.boolean().default(true),
});

/** ONNX Runtime's tool refuses it too: no integer kernel takes the two. */
const isSignedByUnsigned = ({ activationType, weightType }: z.infer<typeof all>) =>
  activationType === 'int8' && weightType === 'uint8';

/** Options of static-int8; defaults are those of the configuration. */
export const staticInt8Options = all.refine((options) => !isSignedByUnsigned(options), {
  path: ['weightType'],
  message: 'uint8 does not go with int8 activations',
});

export type StaticInt8Options = z.infer<typeof staticInt8Options>;

export function activationForm({ activationType, activationSymmetric }: StaticInt8Options): IntegerForm {
  return { type: activationType, isSymmetric: activationSymmetric };
}
