/** Fourier transforms and what goes with them. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { floorDivide, minus, plus, times } from '../dims.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';
import { forEach } from './makers.ts';

export const SIGNAL: RuleTable = {
  ...forEach(['BlackmanWindow', 'HammingWindow', 'HannWindow'], (call) => [
    tensor(outputType(call), [call.element(0)]),
  ]),
  MelWeightMatrix: (call) => [tensor(outputType(call), [onesided(call.element(1)), call.element(0)])],
  DFT: (call) => [tensor(call.dataType(0), dftShape(call))],
  STFT: (call) => [tensor(call.dataType(0), stftShape(call))],
};

function outputType(call: Call) {
  const given = call.dataTypeAttribute('output_datatype');
  return given === undefined ? 'float32' : given;
}

/** The spectrum of real values is symmetric: half of it and the middle are enough. */
function onesided(length: Dim): Dim {
  return plus(floorDivide(length, 2), 1);
}

function dftShape(call: Call): Shape {
  const shape = call.shape(0);
  if (shape === null) return null;
  const [isOnesided, isInverse] = [call.int('onesided', 0) !== 0, call.int('inverse', 0) !== 0];
  // The last dim holds real and imaginary part; from a one-sided spectrum come real values.
  const parts = isOnesided && isInverse ? 1 : 2;
  const axis = dftAxis(call, shape.length);
  const isAsLong = !isOnesided && !call.hasInput(1);
  if (axis === null) return [...shape.slice(0, -1).map((dim) => (isAsLong ? dim : null)), parts];
  const signal = shape[axis] as Dim;
  const ofSpectrum = isOnesided && isInverse ? times(minus(signal, 1), 2) : signal;
  const length = call.hasInput(1) ? call.element(1) : ofSpectrum;
  const dim = isOnesided && !isInverse ? onesided(length) : length;
  return [...shape.map((old, index) => (index === axis ? dim : old)).slice(0, -1), parts];
}

/** An attribute before opset 20, an input since. */
function dftAxis(call: Call, rank: number): number | null {
  const axis = call.opset < 20 ? call.int('axis', 1) : call.hasInput(2) ? call.number(2) : -2;
  return axis === null ? null : call.axis(axis, rank);
}

/** Signal, step, window, length of a frame. */
function stftShape(call: Call): Shape {
  const shape = call.shapeOfRank(0, 3);
  const signal = shape?.[1] ?? null;
  const ofWindow = call.hasInput(2) ? (call.shapeOfRank(2, 1)?.[0] ?? null) : signal;
  const frame = call.hasInput(3) ? call.element(3) : ofWindow;
  const frames = plus(floorDivide(minus(signal, frame), call.element(1)), 1);
  const bins = call.int('onesided', 1) === 0 ? frame : onesided(frame);
  return [shape?.[0] ?? null, frames, bins, 2];
}
