/** Which size an image is brought to, and which part of it is kept. */
import type { Pixels } from './pixels.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The shorter side gets `edge` pixels; the longer one at most `longest`, which then decides. */
export interface ShortestEdge {
  readonly edge: number;
  readonly longest?: number;
}

/** As transformers' `get_resize_output_image_size` rounds. */
export function sizeByEdge({ width, height }: Size, { edge, longest }: ShortestEdge): Size {
  const [short, long] = width <= height ? [width, height] : [height, width];
  let [newShort, newLong] = [edge, Math.floor((edge * long) / short)];
  if (longest !== undefined && newLong > longest)
    [newShort, newLong] = [Math.floor((longest * newShort) / newLong), longest];
  return width <= height ? { width: newShort, height: newLong } : { width: newLong, height: newShort };
}

/** The middle of the image; what the image does not reach is black. */
export function centerCrop(image: Pixels, { width, height }: Size): Pixels {
  if (image.width === width && image.height === height) return image;
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const from = Math.max(left, 0);
  const until = Math.min(left + width, image.width);
  for (let y = Math.max(top, 0); y < Math.min(top + height, image.height); y += 1) {
    const row = image.data.subarray((y * image.width + from) * channels, (y * image.width + until) * channels);
    data.set(row, ((y - top) * width + from - left) * channels);
  }
  return { width, height, channels, data };
}
