/** An image file as the tensor that a model takes. */
import { NimifyError } from '../../base/errors.ts';
import type { DataType } from '../../onnx/data-type.ts';
import { numberToHalf } from '../../onnx/half.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import { decodeImage } from './decode.ts';
import type { ResizeFilter } from './filters.ts';
import { centerCrop, type ShortestEdge, type Size, sizeByEdge } from './geometry.ts';
import type { ImageLayout } from './image-input.ts';
import { type Pixels, toGray } from './pixels.ts';
import { resize } from './resize.ts';

export interface ImagePreparation {
  /** Of the tensor, in pixels; null keeps the own size of the image, rounded down to a multiple of `multiple`. */
  readonly width: number | null;
  readonly height: number | null;
  /** 32 where absent. */
  readonly multiple?: number;
  /** What the image is resized to before the middle of it is cut out; width and height of the tensor where absent. */
  readonly scaled?: Size | ShortestEdge;
  /** Bilinear where absent. */
  readonly filter?: ResizeFilter;
  readonly layout: ImageLayout;
  readonly channels: 'rgb' | 'bgr' | 'gray';
  /** Per channel in the order of the tensor, or one for all, in units of the pixel (0–255). */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Floating types get (x − mean) / std; integer types get the pixel as it is. */
  readonly dataType: DataType;
  /** Whether the tensor has a leading axis of 1. */
  readonly hasBatchAxis: boolean;
}

const DEFAULT_MULTIPLE = 32;

type Output = Float32Array | Float64Array | Uint16Array | Uint8Array | Int16Array | Int32Array | BigInt64Array;

interface TypeRule {
  readonly isNormalized: boolean;
  make(count: number): Output;
  /** What is stored for a value; absent where it is the value itself. */
  readonly store?: (value: number) => number | bigint;
}

const TYPES: Partial<Record<DataType, TypeRule>> = {
  float32: { isNormalized: true, make: (count) => new Float32Array(count) },
  float64: { isNormalized: true, make: (count) => new Float64Array(count) },
  float16: { isNormalized: true, make: (count) => new Uint16Array(count), store: numberToHalf },
  uint8: { isNormalized: false, make: (count) => new Uint8Array(count) },
  uint16: { isNormalized: false, make: (count) => new Uint16Array(count) },
  int16: { isNormalized: false, make: (count) => new Int16Array(count) },
  int32: { isNormalized: false, make: (count) => new Int32Array(count) },
  int64: { isNormalized: false, make: (count) => new BigInt64Array(count), store: BigInt },
};

/** True for element types that an image can be put into; int8 is none: it cannot hold 0–255. */
export function canHoldImage(dataType: DataType | null): boolean {
  return dataType !== null && TYPES[dataType] !== undefined;
}

/**
 * Decodes, resizes (antialiased, as Pillow does), cuts out the middle, normalizes and lays out one image.
 * @param source path or bytes of an image file
 * @returns dims `[1, C, H, W]` or `[1, H, W, C]`, without the 1 when `hasBatchAxis` is false
 * @throws NimifyError DATA_UNREADABLE, DATA_MISMATCH, CONFIG_INVALID
 */
export async function imageToTensor(
  source: string | Uint8Array,
  preparation: ImagePreparation,
  name?: string,
): Promise<HostTensor> {
  const image = await decodeImage(source, name);
  return pixelsToTensor(image, preparation);
}

/** The same for an image that is decoded already. */
export function pixelsToTensor(image: Pixels, preparation: ImagePreparation): HostTensor {
  const coloured = preparation.channels === 'gray' ? toGray(image) : image;
  const { scaled, filter, multiple = DEFAULT_MULTIPLE } = preparation;
  const near = scaled === undefined ? image : 'edge' in scaled ? sizeByEdge(image, scaled) : scaled;
  const width = preparation.width ?? floorTo(near.width, multiple);
  const height = preparation.height ?? floorTo(near.height, multiple);
  const resized =
    scaled === undefined
      ? resize(coloured, width, height, filter)
      : centerCrop(resize(coloured, near.width, near.height, filter), { width, height });
  const data = normalize(resized, preparation);
  const count = resized.channels;
  const dims = preparation.layout === 'NCHW' ? [count, height, width] : [height, width, count];
  return { dataType: preparation.dataType, dims: preparation.hasBatchAxis ? [1, ...dims] : dims, data };
}

/** At least one multiple, so that a tiny image is enlarged instead of lost. */
function floorTo(size: number, multiple: number): number {
  return Math.max(Math.floor(size / multiple) * multiple, multiple);
}

function normalize(image: Pixels, preparation: ImagePreparation): Output {
  const rule = TYPES[preparation.dataType];
  if (rule === undefined) {
    throw new NimifyError('DATA_MISMATCH', `An image cannot be put into an input of type ${preparation.dataType}.`, {
      hint: 'Prepare the data as .npz files with one array per input.',
    });
  }
  const { channels, data: source } = image;
  const area = image.width * image.height;
  const output = rule.make(area * channels);
  for (let c = 0; c < channels; c += 1) {
    const table = valueTable(c, channels, preparation, rule);
    const from = preparation.channels === 'bgr' ? channels - 1 - c : c;
    const isPlanar = preparation.layout === 'NCHW';
    let to = isPlanar ? c * area : c;
    const step = isPlanar ? 1 : channels;
    for (let at = from; at < source.length; at += channels, to += step) {
      (output as Float32Array)[to] = table[source[at] as number] as number;
    }
  }
  return output;
}

/** All 256 values of one channel, in single precision as NumPy computes `(x - mean) / std` on float32. */
function valueTable(channel: number, channels: number, preparation: ImagePreparation, rule: TypeRule): unknown[] {
  const mean = perChannel('mean', preparation.mean, channel, channels);
  const std = perChannel('std', preparation.std, channel, channels);
  const store = rule.store ?? ((value: number) => value);
  return Array.from({ length: 256 }, (_, pixel) =>
    store(rule.isNormalized ? Math.fround(Math.fround(pixel - Math.fround(mean)) / Math.fround(std)) : pixel),
  );
}

function perChannel(key: 'mean' | 'std', values: readonly number[], channel: number, channels: number): number {
  if (values.length === 1) return values[0] as number;
  if (values.length === channels) return values[channel] as number;
  throw new NimifyError(
    'CONFIG_INVALID',
    `image.${key} has ${values.length} values, the model has ${channels} channels.`,
    {
      hint: `Give one value for all channels or ${channels} values: --image-${key} ${Array(channels)
        .fill(key === 'mean' ? '127' : '128')
        .join(',')}`,
      details: { key: `image.${key}`, values: [...values], channels },
    },
  );
}

/** For reports: `image: RGB, 320×240, (x − 127) / 128, NCHW`. */
export function describePreparation(preparation: ImagePreparation): string {
  const multiple = preparation.multiple ?? DEFAULT_MULTIPLE;
  const side = (size: number | null) => size ?? 'own';
  const isOwn = preparation.width === null || preparation.height === null;
  const size = `${side(preparation.width)}×${side(preparation.height)}`;
  const short = (value: number) => String(Number(value.toPrecision(6)));
  const list = (values: readonly number[]) =>
    values.every((value) => value === values[0]) ? short(values[0] as number) : `[${values.map(short).join(', ')}]`;
  const isNormalized = TYPES[preparation.dataType]?.isNormalized === true;
  const { scaled, filter } = preparation;
  return [
    `image: ${preparation.channels === 'gray' ? 'gray' : preparation.channels.toUpperCase()}`,
    ...(scaled === undefined ? [] : [`${describeScaling(scaled)}, the middle`]),
    isOwn ? `${size} (own size rounded down to a multiple of ${multiple})` : size,
    ...(filter === undefined || filter === 'bilinear' ? [] : [filter]),
    isNormalized ? `(x − ${list(preparation.mean)}) / ${list(preparation.std)}` : 'pixels 0–255 as they are',
    preparation.layout,
  ].join(', ');
}

function describeScaling(scaled: Size | ShortestEdge): string {
  if (!('edge' in scaled)) return `resized to ${scaled.width}×${scaled.height}`;
  return `shorter side ${scaled.edge}${scaled.longest === undefined ? '' : `, longer one at most ${scaled.longest}`}`;
}
