/** Images as 8-bit samples, the form between decoding and the tensor. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Interleaved samples per pixel: 1 gray, 3 red-green-blue. */
  readonly channels: 1 | 3;
  /** Rows from the top, `height × width × channels` values of 0–255. */
  readonly data: Uint8Array;
}

/**
 * Luma of ITU-R BT.601 in 16-bit fixed point, (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶: the same bits as PIL's
 * `convert("L")`.
 */
export function toGray(image: Pixels): Pixels {
  if (image.channels === 1) return image;
  const count = image.width * image.height;
  const data = new Uint8Array(count);
  for (let i = 0, at = 0; i < count; i += 1, at += 3) {
    const red = image.data[at] as number;
    const green = image.data[at + 1] as number;
    const blue = image.data[at + 2] as number;
    data[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return { width: image.width, height: image.height, channels: 1, data };
}
