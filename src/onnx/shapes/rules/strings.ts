/** Operators on texts. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';
import { broadcastTo, sameShape } from './makers.ts';

export const STRINGS: RuleTable = {
  StringConcat: broadcastTo('string'),
  RegexFullMatch: sameShape(0, 'bool'),
  StringSplit: (call) => {
    const shape = call.shape(0);
    return [tensor('string', shape === null ? null : [...shape, null]), tensor('int64', shape)];
  },
  StringNormalizer: (call) => [tensor('string', keptShape(call))],
  TfIdfVectorizer: (call) => [tensor('float32', vectorShape(call))],
};

/** Stop words go; a list of one row stays one. */
function keptShape(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  if (shape.length === 1) return [null];
  return shape.length === 2 ? [1, null] : call.fail(`its input has rank ${shape.length} instead of 1 or 2`);
}

function vectorShape(call: Call): Shape {
  const shape = call.shape(0);
  const indexes = call.ints('ngram_indexes') ?? [];
  const length: Dim = indexes.length === 0 ? null : indexes.reduce((a, b) => Math.max(a, b)) + 1;
  if (shape === null) return null;
  if (shape.length > 2) return call.fail(`its input has rank ${shape.length} instead of 1 or 2`);
  return [...shape.slice(0, -1), length];
}
