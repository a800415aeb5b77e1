/** Fourier transforms, as the kernels of ONNX Runtime do them (core/providers/cpu/signal/dft.cc). */
import { intAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { isThere, microsoft, multiplied, NO_WORK, product, type Work, type WorkTable } from './rule.ts';

/**
 * One transform of `length` complex values. Radix 2 has length/2 × log2(length) butterflies of one complex product (4 MACs)
 * and 10 FLOPs each. Other lengths go through three transforms of a power of two (Bluestein) and a product with the chirp
 * before, between and after them.
 */
function transform(length: number): Work {
  if (!(length > 1)) return length >= 0 ? NO_WORK : multiplied(Number.NaN);
  const stages = Math.log2(length);
  if (Number.isInteger(stages)) return multiplied(2 * length * stages, length * stages);
  const padded = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const { macs, flops } = transform(padded);
  const chirps = 4 * (2 * length + padded);
  return { macs: 3 * macs + chirps, flops: 3 * flops + 2 * chirps };
}

function times(count: number, { macs, flops }: Work): Work {
  return { macs: count * macs, flops: count * flops };
}

/** The last dim of the data holds real, or real and imaginary parts; every row along the axis is one transform. */
function dft(node: NodeProto, shapes: KnownShapes): Work {
  const [data, lengthName, axisName] = node.input;
  const given = isThere(axisName) ? shapes.numbers(axisName)?.[0] : intAttribute(node, 'axis', -2);
  const axis = given ?? Number.NaN;
  const length = isThere(lengthName) ? (shapes.numbers(lengthName)?.[0] ?? Number.NaN) : shapes.dim(data, axis);
  const rows = shapes.size(data) / shapes.dim(data, -1) / shapes.dim(data, axis);
  return times(rows, transform(length));
}

/** Output is [batch, frames, bins, 2]; each frame is multiplied with the window and transformed. */
function stft(node: NodeProto, shapes: KnownShapes): Work {
  const [, , window, lengthName] = node.input;
  const length = isThere(window) ? shapes.dim(window, 0) : (shapes.numbers(lengthName)?.[0] ?? Number.NaN);
  const frames = shapes.dim(node.output[0], 0) * shapes.dim(node.output[0], 1);
  const { macs, flops } = times(frames, transform(length));
  return { macs, flops: flops + (isThere(window) ? frames * length : 0) };
}

/** Rfft and Irfft over the last `signal_ndim` dims: one transform along each of them for every row. */
const fft =
  (signal: (node: NodeProto) => string | undefined) =>
  (node: NodeProto, shapes: KnownShapes): Work => {
    const dims = shapes.dims(signal(node)) ?? [Number.NaN];
    const count = intAttribute(node, 'signal_ndim', 1);
    const all = dims.slice(-count).map((length) => times(product(dims) / length, transform(length)));
    return {
      macs: all.reduce((sum, { macs }) => sum + macs, 0),
      flops: all.reduce((sum, { flops }) => sum + flops, 0),
    };
  };

export const TRANSFORMS: WorkTable = {
  DFT: dft,
  STFT: stft,
  ...microsoft({ Rfft: fft((node) => node.input[0]), Irfft: fft((node) => node.output[0]) }),
};
