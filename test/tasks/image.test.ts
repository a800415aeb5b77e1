import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { halfToNumber } from '../../src/onnx/half.ts';
import { decodeImage, isImageName } from '../../src/tasks/image/decode.ts';
import type { ResizeFilter } from '../../src/tasks/image/filters.ts';
import { centerCrop, sizeByEdge } from '../../src/tasks/image/geometry.ts';
import { imageInputOf } from '../../src/tasks/image/image-input.ts';
import {
  describePreparation,
  type ImagePreparation,
  imageToTensor,
  pixelsToTensor,
} from '../../src/tasks/image/image-to-tensor.ts';
import { type Pixels, toGray } from '../../src/tasks/image/pixels.ts';
import { resize } from '../../src/tasks/image/resize.ts';

interface Golden {
  readonly size: readonly [number, number];
  readonly target: readonly [number, number];
  readonly filter: ResizeFilter;
  readonly rgb: readonly number[];
  readonly gray: readonly number[];
}

const goldens = JSON.parse(readFileSync(new URL('goldens/resize.json', import.meta.url), 'utf8')) as Golden[];

/** The picture of goldens/make_resize.py. */
function pattern(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1, at += 1) data[at] = (x * 37 + y * 59 + c * 101 + x * y * (c + 3)) % 256;
    }
  }
  return { width, height, channels: 3, data };
}

const PLAIN: ImagePreparation = {
  width: 2,
  height: 1,
  layout: 'NCHW',
  channels: 'rgb',
  mean: [0],
  std: [1],
  dataType: 'float32',
  hasBatchAxis: true,
};

/** Two pixels: (10, 20, 30) and (40, 50, 60). */
const TWO: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };

const png = (raw: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(raw, { raw: { width, height, channels } }).png();

describe('resizing', () => {
  test.each(goldens)('gives the bits of Pillow from $size to $target ($filter), in colour and in gray', (golden) => {
    const image = pattern(...golden.size);
    expect([...resize(image, ...golden.target, golden.filter).data]).toEqual(golden.rgb);
    expect([...resize(toGray(image), ...golden.target, golden.filter).data]).toEqual(golden.gray);
  });

  test('leaves an image of the wanted size as it is', () => {
    const image = pattern(5, 4);
    expect(resize(image, 5, 4).data).toEqual(image.data);
  });
});

describe('geometry', () => {
  test.each([
    [{ width: 640, height: 480 }, { edge: 224 }, { width: 298, height: 224 }],
    [{ width: 480, height: 641 }, { edge: 224 }, { width: 224, height: 299 }],
    [
      { width: 2000, height: 500 },
      { edge: 800, longest: 1333 },
      { width: 1333, height: 333 },
    ],
    [
      { width: 10, height: 10 },
      { edge: 4, longest: 9 },
      { width: 4, height: 4 },
    ],
  ])('%j with %j becomes %j', (size, edge, expected) => {
    expect(sizeByEdge(size, edge)).toEqual(expected);
  });

  test('cuts out the middle; what the image does not reach is black', () => {
    const image: Pixels = { width: 4, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    expect([...centerCrop(image, { width: 2, height: 1 }).data]).toEqual([2, 3]);
    expect([...centerCrop(image, { width: 6, height: 2 }).data]).toEqual([0, 1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0]);
    expect(centerCrop(image, { width: 4, height: 2 })).toBe(image);
  });
});

describe('decoding', () => {
  test('names the file that is no image, with a code and a hint', async () => {
    await expect(decodeImage(new TextEncoder().encode('hello'), 'cat.png')).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('cat.png'),
      hint: expect.stringContaining('png'),
    });
  });

  test('refuses a truncated image instead of filling it with gray', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    await expect(decodeImage(whole.subarray(0, whole.length / 2), 'cut.jpg')).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
    });
  });

  test('refuses a drawing program under the name of an image', async () => {
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
    await expect(decodeImage(svg, 'icon.png')).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  });

  test('turns the picture upright as its EXIF orientation says', async () => {
    const turned = await png(TWO.data, 2, 1, 3).withMetadata({ orientation: 6 }).toBuffer();
    const image = await decodeImage(turned);
    expect([image.width, image.height]).toEqual([1, 2]);
    expect([...image.data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('lays a transparent picture on black', async () => {
    const clear = await png(Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 255), 2, 1, 4).toBuffer();
    expect([...(await decodeImage(clear)).data]).toEqual([0, 0, 0, 200, 100, 50]);
  });

  test('gives three channels for gray pictures, with and without transparency, and for 16-bit ones', async () => {
    const gray = await png(Uint8Array.of(7, 9), 2, 1, 1).toColourspace('b-w').toBuffer();
    const grayAlpha = await png(Uint8Array.of(7, 255, 9, 255), 2, 1, 2)
      .toColourspace('b-w')
      .toBuffer();
    const deep = await png(Uint8Array.of(7, 7, 7, 9, 9, 9), 2, 1, 3)
      .toColourspace('rgb16')
      .toBuffer();
    for (const bytes of [gray, grayAlpha, deep]) {
      expect(await decodeImage(bytes)).toMatchObject({ channels: 3, data: Buffer.from([7, 7, 7, 9, 9, 9]) });
    }
  });

  test('knows images by their name, whatever its case', () => {
    const names = ['a.JPG', 'b.webp', 'c.tiff', 'd.svg', 'e.txt', '.png', 'png'];
    expect(names.filter(isImageName)).toEqual(['a.JPG', 'b.webp', 'c.tiff']);
  });
});

describe('laying out the tensor', () => {
  test('refuses a mean of another number of channels than the model has', () => {
    expect(() => pixelsToTensor(TWO, { ...PLAIN, mean: [1, 2] })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('2 values') }),
    );
  });

  test('puts channels first or last', () => {
    expect(pixelsToTensor(TWO, PLAIN)).toEqual({
      dataType: 'float32',
      dims: [1, 3, 1, 2],
      data: Float32Array.of(10, 40, 20, 50, 30, 60),
    });
    expect(pixelsToTensor(TWO, { ...PLAIN, layout: 'NHWC', hasBatchAxis: false })).toEqual({
      dataType: 'float32',
      dims: [1, 2, 3],
      data: Float32Array.of(10, 20, 30, 40, 50, 60),
    });
  });

  test('takes mean and std in the order of the channels of the tensor', () => {
    const { data } = pixelsToTensor(TWO, { ...PLAIN, channels: 'bgr', mean: [30, 20, 10], std: [1, 2, 4] });
    expect([...data]).toEqual([0, 30, 0, 15, 0, 7.5]);
  });

  test('computes in single precision, as NumPy does', () => {
    const { data } = pixelsToTensor(TWO, { ...PLAIN, mean: [123.675], std: [58.395] });
    const mean = Math.fround(123.675);
    expect(data[0]).toBe(Math.fround(Math.fround(10 - mean) / Math.fround(58.395)));
  });

  test('gives integer inputs the pixels as they are and float16 inputs their bits', () => {
    expect(pixelsToTensor(TWO, { ...PLAIN, std: [255], dataType: 'uint8' }).data).toEqual(
      Uint8Array.of(10, 40, 20, 50, 30, 60),
    );
    const half = pixelsToTensor(TWO, { ...PLAIN, std: [20], dataType: 'float16' });
    expect([...(half.data as Uint16Array)].map(halfToNumber)).toEqual([0.5, 2, 1, 2.5, 1.5, 3]);
  });

  test('keeps the own size rounded down to a multiple where the model leaves it open', () => {
    const open = { ...PLAIN, width: null, height: null, multiple: 4 };
    expect(pixelsToTensor(pattern(11, 6), open).dims).toEqual([1, 3, 4, 8]);
    expect(pixelsToTensor(TWO, open).dims).toEqual([1, 3, 4, 4]);
    expect(describePreparation(open)).toContain('multiple of 4');
  });

  test('reads a file from memory to the tensor and tells how', async () => {
    const bytes = await png(TWO.data, 2, 1, 3).toBuffer();
    const tensor = await imageToTensor(bytes, { ...PLAIN, channels: 'gray', mean: [127], std: [128] });
    expect(tensor.dims).toEqual([1, 1, 1, 2]);
    expect(describePreparation({ ...PLAIN, width: 320, height: 240, mean: [127], std: [128] })).toBe(
      'image: RGB, 320×240, (x − 127) / 128, NCHW',
    );
  });
});

describe('reading the shape of an input', () => {
  const input = (shape: readonly (number | string | null)[] | null) =>
    imageInputOf({ name: 'x', dataType: 'float32', shape });

  test('sees no image in other shapes', () => {
    for (const shape of [null, [], [1, 10], [1, 4, 8, 8], [2, 1, 128], ['b', 's', 3, 3]])
      expect(input(shape)).toBeNull();
  });

  test('tells the layout from where the channels stand', () => {
    expect(input([1, 3, 240, 320])).toMatchObject({
      layout: 'NCHW',
      channelCount: 3,
      height: 240,
      width: 320,
      batch: 1,
    });
    expect(input(['n', 28, 28, 1])).toMatchObject({ layout: 'NHWC', channelCount: 1, height: 28, batch: 1 });
    expect(input(['b', 3, 'h', 'w'])).toMatchObject({ layout: 'NCHW', height: 'h', width: 'w', heightAxis: 2 });
    expect(input([3, 64, 64])).toMatchObject({ layout: 'NCHW', batch: null, heightAxis: 1 });
    expect(input([null, null, null, null])).toMatchObject({ layout: 'NCHW', channelCount: 3 });
    expect(input([8, 3, 64, 64])).toMatchObject({ batch: 8 });
  });
});
