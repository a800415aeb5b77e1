/** Recurrent networks: outputs of all steps, then the last state of each direction. */

import type { Dim } from '../../build.ts';
import type { Rule, RuleTable } from '../types.ts';
import { tensor } from '../types.ts';
import { forEach } from './makers.ts';

const recurrent: Rule = (call) => {
  const shape = call.shapeOfRank(0, 3);
  const isBatchFirst = call.int('layout', 0) !== 0;
  const [first, second] = [shape?.[0] ?? null, shape?.[1] ?? null];
  const [steps, batch] = isBatchFirst ? [second, first] : [first, second];
  const directions = call.text('direction', 'forward') === 'bidirectional' ? 2 : 1;
  const hidden: Dim = call.int('hidden_size') ?? call.shape(2)?.[2] ?? null;
  const dataType = call.dataType(0);
  const state = tensor(dataType, isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]);
  const all = isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  return [tensor(dataType, all), state, state];
};

export const RECURRENT: RuleTable = forEach(['GRU', 'LSTM', 'RNN'], recurrent);
