/** How an image model wants its input, as Hugging Face's image processors keep it: `preprocessor_config.json`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { PILLOW_FILTERS, type ResizeFilter } from './filters.ts';
import type { ShortestEdge, Size } from './geometry.ts';

export interface ImageRecipe {
  readonly path: string;
  /** Absent where images keep their size. */
  readonly resize?: Size | ShortestEdge;
  readonly filter?: ResizeFilter;
  readonly crop?: Size;
  /** In units of the pixel (0–255). */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Absent where the file does not say. */
  readonly channels?: 'rgb' | 'bgr';
}

export const PREPROCESSOR_FILE = 'preprocessor_config.json';

/** In one of the folders, or in the one above it, where exporters put models into a folder `onnx`. */
function findPreprocessor(folders: readonly string[]): string | undefined {
  return folders
    .flatMap((folder) => [join(folder, PREPROCESSOR_FILE), join(dirname(folder), PREPROCESSOR_FILE)])
    .find((path) => existsSync(path));
}

/** The file that is named, or the one beside; undefined where there is none. @throws as readPreprocessor */
export function imageRecipe(named: string | null | undefined, folders: readonly string[]): ImageRecipe | undefined {
  const path = named ?? findPreprocessor(folders);
  return path === undefined ? undefined : readPreprocessor(path);
}

type Json = Readonly<Record<string, unknown>>;

/** @throws NimifyError CONFIG_INVALID for a file that is not read, or values that are none */
function readPreprocessor(path: string): ImageRecipe {
  const config = parse(path);
  const crop = config.do_center_crop === true ? sizeOf(config.crop_size, 'crop_size', path) : undefined;
  const [resize, cropped] = config.do_resize === false ? [undefined, crop] : resizeOf(config, crop, path);
  const filter = PILLOW_FILTERS[Number(config.resample ?? 2)];
  if (filter === undefined) throw invalid(path, 'resample', config.resample);
  const channels = config.do_flip_channel_order;
  return {
    path,
    ...(resize === undefined ? {} : { resize }),
    filter,
    ...(cropped === undefined ? {} : { crop: cropped }),
    ...normalization(config, path),
    ...(typeof channels === 'boolean' ? { channels: channels ? 'bgr' : 'rgb' } : {}),
  };
}

function parse(path: string): Json {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch (error) {
    throw new NimifyError('CONFIG_INVALID', `${path} cannot be read: ${(error as Error).message}.`, {
      hint: 'Mend or remove the file, and give --image-mean and --image-std.',
      details: { path },
      cause: error,
    });
  }
  throw invalid(path, 'the whole', 'no object');
}

/**
 * A number is the shorter side where a crop follows, else both sides (`default_to_square`). ConvNeXT shrinks the whole
 * by `crop_pct` and cuts it, below 384 pixels.
 */
function resizeOf(
  config: Json,
  crop: Size | undefined,
  path: string,
): [Size | ShortestEdge | undefined, Size | undefined] {
  const { size, crop_pct: share } = config;
  if (size === undefined || size === null) return [undefined, crop];
  const { shortest_edge: shortest, longest_edge: longest } = typeof size === 'object' ? (size as Json) : ({} as Json);
  const edge = shortest ?? (typeof size === 'number' && crop !== undefined ? size : undefined);
  if (edge === undefined) return [sizeOf(size, 'size', path), crop];
  if (!isCount(edge)) throw invalid(path, 'size', size);
  if (typeof share === 'number' && share > 0 && share <= 1) {
    const square = { width: edge, height: edge };
    return edge < 384 ? [{ edge: Math.floor(edge / share) }, square] : [square, undefined];
  }
  return [{ edge, ...(isCount(longest) ? { longest } : {}) }, crop];
}

function sizeOf(value: unknown, key: string, path: string): Size {
  if (isCount(value)) return { width: value, height: value };
  const { width, height } = (value ?? {}) as Json;
  if (isCount(width) && isCount(height)) return { width, height };
  throw invalid(path, key, value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

/** `(x · factor − mean) / std` as (x − mean / factor) / (std / factor). */
function normalization(config: Json, path: string): Pick<ImageRecipe, 'mean' | 'std'> {
  const factor = config.do_rescale === false ? 1 : numberAt(config, 'rescale_factor', 1 / 255, path);
  const isNormalized = config.do_normalize !== false && config.image_mean !== undefined;
  const mean = isNormalized ? numbersAt(config, 'image_mean', path) : [0];
  const std = isNormalized ? numbersAt(config, 'image_std', path) : [1];
  if (std.includes(0)) throw invalid(path, 'image_std', config.image_std);
  return { mean: mean.map((value) => value / factor), std: std.map((value) => value / factor) };
}

function numberAt(config: Json, key: string, standard: number, path: string): number {
  const value = config[key] ?? standard;
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(path, key, value);
}

function numbersAt(config: Json, key: string, path: string): number[] {
  const value = config[key];
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every(Number.isFinite)) return list as number[];
  throw invalid(path, key, value);
}

function invalid(path: string, key: string, value: unknown): NimifyError {
  return new NimifyError(
    'CONFIG_INVALID',
    `${path}: ${key} is ${JSON.stringify(value) ?? 'missing'}, which is not understood.`,
    {
      hint: 'Mend or remove the file, and give --image-mean and --image-std.',
      details: { path, key },
    },
  );
}
