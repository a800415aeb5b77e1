/** Pictures and boxes. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { floorDivide, mergeDims, product } from '../dims.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';
import { shapeFromInput } from './constants.ts';
import { fixed } from './makers.ts';

export const VISION: RuleTable = {
  ImageDecoder: (call) => {
    const channels = call.text('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3;
    return [tensor('uint8', [null, null, channels])];
  },
  NonMaxSuppression: fixed('int64', [null, 3]),
  RoiAlign: (call) => {
    const rois = mergeDims(call.shapeOfRank(1, 2)?.[0] ?? null, call.shapeOfRank(2, 1)?.[0] ?? null);
    const size = [call.int('output_height', 1), call.int('output_width', 1)];
    return [tensor(call.dataType(0), [rois, call.shapeOfRank(0, 4)?.[1] ?? null, ...size])];
  },
  GridSample: (call) => [tensor(call.dataType(0), sampledShape(call))],
  AffineGrid: (call) => {
    const size = shapeFromInput(call, 1);
    return [tensor(call.dataType(0), size === null ? null : [size[0] ?? null, ...size.slice(2), size.length - 2])];
  },
  Col2Im: (call) => [tensor(call.dataType(0), unfoldedShape(call))],
  CenterCropPad: (call) => [tensor(call.dataType(0), croppedShape(call))],
};

/** (N, C, in…) sampled at (N, out…, r). */
function sampledShape(call: Call): Shape {
  const [input, grid] = [call.shape(0), call.shape(1)];
  const rank = input?.length ?? grid?.length;
  if (rank === undefined) return null;
  if (input !== null && grid !== null && input.length !== grid.length) {
    return call.fail(`rank ${grid.length} of the grid does not go with rank ${input.length} of the input`);
  }
  const spatial = grid?.slice(1, -1) ?? Array.from({ length: Math.max(rank - 2, 0) }, () => null);
  return [mergeDims(input?.[0] ?? null, grid?.[0] ?? null), input?.[1] ?? null, ...spatial];
}

/** (N, C × block, L) back to (N, C, image…). */
function unfoldedShape(call: Call): Shape {
  const columns = call.shapeOfRank(0, 3);
  const block = call.list(2);
  const axes = call.ints('strides')?.length ?? call.ints('dilations')?.length ?? (call.ints('pads')?.length ?? 0) / 2;
  const image =
    shapeFromInput(call, 1) ?? shapeFromInput(call, 2)?.map(() => null) ?? Array.from({ length: axes }, () => null);
  if (image.length === 0) return null;
  const channels = block === null || columns === null ? null : floorDivide(columns[1] as Dim, product(block));
  return [columns?.[0] ?? null, channels, ...image];
}

function croppedShape(call: Call): Shape {
  const shape = call.shape(0);
  const axes = call.ints('axes');
  const sizes = call.list(1);
  if (shape === null) return axes === undefined ? shapeFromInput(call, 1) : null;
  const places = axes?.map((axis) => call.axis(axis, shape.length)) ?? shape.map((_, axis) => axis);
  if (sizes !== null && sizes.length !== places.length) call.fail(`${sizes.length} sizes for ${places.length} axes`);
  return shape.map((dim, axis) => {
    const place = places.indexOf(axis);
    return place < 0 ? dim : (sizes?.[place] ?? null);
  });
}
