/** Reads from the shape of a model input how it wants its image. */
import type { Dim } from '../../onnx/build.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

export type ImageLayout = 'NCHW' | 'NHWC';

export interface ImageInput {
  readonly layout: ImageLayout;
  readonly channelCount: 1 | 3;
  /** A size, a symbol, or null. */
  readonly height: Dim;
  readonly width: Dim;
  /** Images per run: 1 for a dynamic batch; null where the input has no batch axis. */
  readonly batch: number | null;
  /** Where height and width stand in the shape. */
  readonly heightAxis: number;
  readonly widthAxis: number;
}

/**
 * The image that the input takes, or null when it does not look like one: rank 4 (rank 3 without batch) with 1 or 3
 * fixed channels in front of or behind height and width. Where only the rank says so (all of channels, height and
 * width dynamic), NCHW with 3 channels is taken.
 */
export function imageInputOf(input: TensorInfo): ImageInput | null {
  const { shape } = input;
  if (shape === null || (shape.length !== 4 && shape.length !== 3)) return null;
  const hasBatch = shape.length === 4;
  const offset = hasBatch ? 1 : 0;
  const [first, second, last] = shape.slice(offset) as [Dim, Dim, Dim];
  const layout = layoutOf(first, second, last, hasBatch);
  if (layout === null) return null;
  const heightAxis = offset + (layout === 'NCHW' ? 1 : 0);
  const channels = layout === 'NCHW' ? first : last;
  return {
    layout,
    channelCount: channels === 1 ? 1 : 3,
    height: shape[heightAxis] as Dim,
    width: shape[heightAxis + 1] as Dim,
    batch: hasBatch ? (typeof shape[0] === 'number' ? shape[0] : 1) : null,
    heightAxis,
    widthAxis: heightAxis + 1,
  };
}

function layoutOf(first: Dim, second: Dim, last: Dim, hasBatch: boolean): ImageLayout | null {
  // Sides of fewer than 8 pixels are more likely a sequence of small vectors.
  const isSide = (dim: Dim) => typeof dim !== 'number' || dim >= 8;
  if ((first === 1 || first === 3) && isSide(second) && isSide(last)) return hasBatch || first === 3 ? 'NCHW' : null;
  if ((last === 1 || last === 3) && isSide(first) && isSide(second)) return hasBatch || last === 3 ? 'NHWC' : null;
  const isOpen = [first, second, last].every((dim) => typeof dim !== 'number');
  return isOpen && hasBatch ? 'NCHW' : null;
}
