/** Lists of tensors, and values that may be absent. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { typeOf } from '../declared.ts';
import { commonShape, floorDivide, times } from '../dims.ts';
import { optional, type RuleTable, type Shape, sequence, tensor, type ValueType } from '../types.ts';
import { fixed, sameAs } from './makers.ts';

export const SEQUENCES: RuleTable = {
  SequenceEmpty: (call) => [sequence(tensor(dataTypeOrFloat(call), null))],
  SequenceConstruct: (call) => [sequence(commonType(call.inputs()))],
  SequenceInsert: (call) => [sequence(commonType([elementOf(call.input(0)), call.input(1)]))],
  SequenceErase: sameAs(0),
  SequenceAt: (call) => [elementOf(call.input(0))],
  SequenceLength: fixed('int64', []),
  SequenceMap: (call) => {
    const samples = call.inputs().map((type) => (type?.kind === 'sequence' ? type.element : type));
    return (call.subgraph('body', samples) ?? []).map((output) => sequence(output?.type ?? null));
  },
  SplitToSequence: (call) => [sequence(tensor(call.dataType(0), pieceShape(call)))],
  ConcatFromSequence: (call) => {
    const element = elementOf(call.input(0));
    if (element?.kind !== 'tensor') return [null];
    return [tensor(element.dataType, joinedShape(call, element.shape))];
  },
  Optional: (call) => [optional(call.input(0) ?? typeOf(call.attribute('type')?.tp, {}))],
  OptionalGetElement: (call) => {
    const type = call.input(0);
    return [type?.kind === 'optional' ? type.element : type];
  },
  OptionalHasElement: fixed('bool', []),
};

function dataTypeOrFloat(call: Call) {
  const given = call.dataTypeAttribute('dtype');
  return given === undefined ? 'float32' : given;
}

function elementOf(type: ValueType | null): ValueType | null {
  return type?.kind === 'sequence' ? type.element : null;
}

/** What is true of each tensor of a list. */
function commonType(types: readonly (ValueType | null)[]): ValueType | null {
  const tensors = types.flatMap((type) => (type?.kind === 'tensor' ? [type] : []));
  if (tensors.length === 0) return null;
  const isWhole = tensors.length === types.length;
  const shape = isWhole ? tensors.map((type) => type.shape).reduce(commonShape) : null;
  return tensor(tensors.map((type) => type.dataType).find((type) => type !== null) ?? null, shape);
}

/** The last piece may be shorter, so the length is known only where all have the same. */
function pieceShape(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const axis = call.axis(call.int('axis', 0), shape.length);
  if (!call.hasInput(1)) return call.int('keepdims', 1) ? withDim(shape, axis, 1) : shape.toSpliced(axis, 1);
  return withDim(shape, axis, pieceLength(call, shape[axis] as Dim));
}

function pieceLength(call: Call, whole: Dim): Dim {
  const lengths = call.list(1);
  if (lengths === null) return null;
  const [first] = lengths;
  if (first === undefined || first === null) return null;
  if (call.rank(1) !== 0) return lengths.every((length) => length === first) ? first : null;
  return times(floorDivide(whole, first), first) === whole ? first : null;
}

/** How many tensors the list has is not known, and so neither is the length of the axis that they are joined along. */
function joinedShape(call: Call, shape: Shape): Shape {
  if (shape === null) return null;
  if (call.int('new_axis', 0) === 0) return withDim(shape, call.axis(call.int('axis', 0), shape.length), null);
  return shape.toSpliced(call.axis(call.int('axis', 0), shape.length + 1), 0, null);
}

function withDim(shape: readonly Dim[], axis: number, dim: Dim): readonly Dim[] {
  return shape.map((old, index) => (index === axis ? dim : old));
}
