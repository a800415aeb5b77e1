/** Operator → how its nodes pass each version that changed their meaning (those with `!` in operator-history.ts). */
import { textAttribute } from '../attribute.ts';
import {
  clipToInputs,
  intsToInput,
  padToInputs,
  sliceToInputs,
  splitNumOutputs,
  topKToInput,
} from './attributes-to-inputs.ts';
import { legacyBroadcast, preluSlope } from './broadcasting.ts';
import { type Conversion, type Convert, edited } from './conversion.ts';
import { resizeTransformation, upsampleScales, upsampleScalesToInput, upsampleToResize } from './resampling.ts';
import { softmaxAxis } from './softmax.ts';
import { booleanMask, dropoutRatio, inferenceOnly, perChannelStatistics, singleOutput } from './training-modes.ts';

const scatterElements: Convert = (node) => [{ ...node, opType: 'ScatterElements' }];
const halfPixelOff: Convert = (node) => [edited(node, [], { coordinate_transformation_mode: 'output_half_pixel' })];
const gemmBroadcast: Convert = (node) => [edited(node, ['broadcast'])];

const GRID_MODES: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };
const gridMode: Convert = (node) => {
  const mode = textAttribute(node, 'mode', 'bilinear');
  return [edited(node, [], { mode: GRID_MODES[mode] ?? mode })];
};

const broadcast7: readonly Conversion[] = [{ version: 7, convert: legacyBroadcast }];
const axes18: readonly Conversion[] = [{ version: 18, convert: intsToInput('axes', 1) }];
const axes13: readonly Conversion[] = [{ version: 13, convert: intsToInput('axes', 1) }];
const axis13: readonly Conversion[] = [{ version: 13, convert: softmaxAxis }];

export const CONVERSIONS: Readonly<Record<string, readonly Conversion[]>> = {
  Add: broadcast7,
  And: broadcast7,
  BatchNormalization: [
    { version: 7, convert: inferenceOnly },
    { version: 9, convert: perChannelStatistics },
    { version: 14, convert: singleOutput },
  ],
  Clip: [{ version: 11, convert: clipToInputs }],
  Div: broadcast7,
  Dropout: [
    { version: 7, convert: inferenceOnly },
    { version: 10, convert: booleanMask },
    { version: 12, convert: dropoutRatio },
  ],
  Equal: broadcast7,
  Gemm: [{ version: 7, convert: gemmBroadcast }],
  Greater: broadcast7,
  GridSample: [{ version: 20, convert: gridMode }],
  Hardmax: axis13,
  Less: broadcast7,
  LogSoftmax: axis13,
  Mul: broadcast7,
  Or: broadcast7,
  PRelu: [{ version: 7, convert: preluSlope }],
  Pad: [{ version: 11, convert: padToInputs }],
  Pow: broadcast7,
  ReduceL1: axes18,
  ReduceL2: axes18,
  ReduceLogSum: axes18,
  ReduceLogSumExp: axes18,
  ReduceMax: axes18,
  ReduceMean: axes18,
  ReduceMin: axes18,
  ReduceProd: axes18,
  ReduceSum: axes13,
  ReduceSumSquare: axes18,
  Resize: [{ version: 11, convert: resizeTransformation }],
  RoiAlign: [{ version: 16, convert: halfPixelOff }],
  Scatter: [{ version: 11, convert: scatterElements }],
  Slice: [{ version: 10, convert: sliceToInputs }],
  Softmax: axis13,
  Split: [
    { version: 13, convert: intsToInput('split', 1) },
    { version: 18, convert: splitNumOutputs },
  ],
  Squeeze: axes13,
  Sub: broadcast7,
  TopK: [{ version: 10, convert: topKToInput }],
  Unsqueeze: axes13,
  Upsample: [
    { version: 7, convert: upsampleScales },
    { version: 9, convert: upsampleScalesToInput },
    { version: 10, convert: upsampleToResize },
  ],
  Xor: broadcast7,
};
