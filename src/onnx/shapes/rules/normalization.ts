/** Normalization, dropout, and what else keeps the shape but has outputs beside it. */
import type { DataType } from '../../data-type.ts';
import type { Call } from '../call.ts';
import { mergeDims } from '../dims.ts';
import { type Rule, type RuleTable, type Shape, tensor } from '../types.ts';
import { forEach, sameAs } from './makers.ts';

const layer: Rule = (call) => {
  const shape = call.shape(0);
  const stash = call.dataTypeAttribute('stash_type') ?? 'float32';
  const axis = shape === null ? 0 : call.axis(call.int('axis', -1), shape.length);
  const folded = shape?.map((dim, at) => (at < axis ? dim : 1)) ?? null;
  return [tensor(call.dataType(0), shape), tensor(stash, folded), tensor(stash, folded)];
};

export const NORMALIZATION: RuleTable = {
  ...forEach(['GroupNormalization', 'InstanceNormalization', 'LpNormalization', 'LRN'], sameAs(0)),
  ...forEach(['MeanVarianceNormalization', 'RMSNormalization'], sameAs(0)),
  BatchNormalization: (call) => {
    const statistics = tensor(statisticsType(call), channelsOf(call));
    return [call.input(0), statistics, statistics, statistics, statistics];
  },
  Dropout: (call) => [call.input(0), tensor(maskType(call), call.shape(0))],
  LayerNormalization: layer,
};

/** Mean and variance have a type of their own since opset 14. */
function statisticsType(call: Call): DataType | null {
  return call.dataType(call.opset >= 14 ? 3 : 0);
}

/** One statistic for each channel; any of the inputs may know how many there are. */
function channelsOf(call: Call): Shape {
  const shape = call.shape(0);
  const channels = shape === null ? null : shape.length > 1 ? (shape[1] ?? null) : 1;
  return [[1, 2, 3, 4].reduce((known, input) => mergeDims(known, call.shapeOfRank(input, 1)?.[0] ?? null), channels)];
}

/** Before opset 10 the mask has the type of the data. */
function maskType(call: Call): DataType | null {
  return call.opset >= 10 ? 'bool' : call.dataType(0);
}
