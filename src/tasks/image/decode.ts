/** Image files as pixels, by sharp, which is loaded on first use. */
import type { Sharp } from 'sharp';
import { NimifyError } from '../../base/errors.ts';
import type { Pixels } from './pixels.ts';

/** What sharp calls the format → the file extensions that it goes by. SVG and PDF are programs, not photographs. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  jpeg: ['jpg', 'jpeg', 'jpe'],
  png: ['png'],
  webp: ['webp'],
  tiff: ['tif', 'tiff'],
  gif: ['gif'],
  heif: ['avif'],
};

const EXTENSIONS = new Set(Object.values(FORMATS).flat());

/** True for names that end like an image that `decodeImage` reads; the content is looked at when it is decoded. */
export function isImageName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && EXTENSIONS.has(name.slice(dot + 1).toLowerCase());
}

/**
 * Decodes to 8-bit red-green-blue, upright as its EXIF orientation says, the first frame where there are several.
 * Colour profiles are not applied and a transparent picture lies on black, so that the pixels are those that Pillow
 * gives for `ImageOps.exif_transpose(image).convert("RGB")`.
 * @param name for messages where the source is bytes
 * @throws NimifyError DATA_UNREADABLE
 */
export async function decodeImage(source: string | Uint8Array, name = nameOf(source)): Promise<Pixels> {
  const { default: sharp } = await import('sharp');
  try {
    const image: Sharp = sharp(source, { failOn: 'error', ignoreIcc: true });
    const { format } = await image.metadata();
    if (FORMATS[format ?? ''] === undefined) throw new Error(`the format ${format} is not one of its own`);
    const { data, info } = await image
      .autoOrient()
      .flatten({ background: '#000000' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return threeChannels(data, info.width, info.height, info.channels);
  } catch (error) {
    throw new NimifyError('DATA_UNREADABLE', `${name} is not an image that can be decoded: ${reason(error)}.`, {
      hint: `Remove or replace the file; these are read: ${[...EXTENSIONS].join(', ')}.`,
      details: { path: name },
      cause: error,
    });
  }
}

/** sharp keeps gray pictures at one channel. */
function threeChannels(data: Uint8Array, width: number, height: number, channels: number): Pixels {
  if (channels === 3) return { width, height, channels: 3, data };
  const wide = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i += 1) wide.fill(data[i * channels] as number, i * 3, i * 3 + 3);
  return { width, height, channels: 3, data: wide };
}

function nameOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : 'the image';
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/\.$/, '') ?? '';
}
