import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { writeModel } from '../../../src/onnx/write.ts';
import { type DataOptions, openData } from '../../../src/quantization/data/open.ts';
import { allOf, testFolder } from './folders.ts';

const folder = testFolder();
afterAll(() => folder.remove());

const input = (height: number | string, width: number | string, channels = 3): TensorInfo => ({
  name: 'image',
  dataType: 'float32',
  shape: ['n', channels, height, width],
});
const FIXED = input(8, 8);
const FREE = input('height', 'width');

/** The columns of a picture 32 wide and 16 high have the values 0, 5, 10 … */
const columns = sharp(
  Uint8Array.from({ length: 32 * 16 * 3 }, (_, i) => (Math.floor(i / 3) % 32) * 5),
  { raw: { width: 32, height: 16, channels: 3 } },
)
  .png()
  .toBuffer();

/** The first sample of a folder with the picture and a preprocessor_config.json. */
async function prepared(config: unknown, model: TensorInfo = FIXED, image: DataOptions['image'] = {}) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const path = folder.put({ 'a.png': await columns, 'preprocessor_config.json': text });
  const set = await openData({ path, bind: {} }, [model], { image, seed: 0 });
  const [feeds] = await allOf(set);
  const tensor = feeds?.image;
  const row = Array.from({ length: tensor?.dims[3] ?? 0 }, (_, x) => Number(tensor?.data[x]));
  return { dims: tensor?.dims, row, preparation: set.preparation.replaceAll(path, '.') };
}

describe('a preprocessor_config.json that is not understood', () => {
  test.each([
    ['broken JSON', '{', 'cannot be read'],
    ['a list', [], 'the whole is "no object"'],
    ['a size of nothing', { size: {} }, 'size is {}'],
    ['a crop without its size', { do_center_crop: true }, 'crop_size is missing'],
    ['an unknown filter', { resample: 9 }, 'resample is 9'],
    ['a std of zero', { image_mean: [0], image_std: [0] }, 'image_std is [0]'],
    ['a mean of words', { image_mean: ['a'], image_std: [1] }, 'image_mean is ["a"]'],
    ['a factor of zero', { rescale_factor: 0 }, 'rescale_factor is 0'],
  ])('because of %s is named with the key', async (_, config, message) => {
    await expect(prepared(config)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('--image-mean'),
    });
  });
});

describe('a preprocessor_config.json', () => {
  test('says mean and std in units of 0 to 1, and the rescaling on the way', async () => {
    const made = await prepared({
      size: { height: 8, width: 8 },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    });
    expect(made.preparation).toBe('image: RGB, 8×8, (x − 127.5) / 127.5, NCHW, by ./preprocessor_config.json');
    expect((await prepared({ do_normalize: false })).preparation).toContain('(x − 0) / 255');
    expect((await prepared({ do_rescale: false, do_normalize: false })).preparation).toContain('(x − 0) / 1,');
    expect((await prepared({ do_rescale: false, image_mean: [3, 4, 5], image_std: [2, 2, 2] })).preparation).toContain(
      '(x − [3, 4, 5]) / 2',
    );
  });

  test('resizes the shorter side and cuts out the middle', async () => {
    const made = await prepared({
      size: { shortest_edge: 16 },
      do_center_crop: true,
      crop_size: { height: 8, width: 8 },
      do_rescale: false,
      do_normalize: false,
    });
    expect(made.row).toEqual([60, 65, 70, 75, 80, 85, 90, 95]);
    expect(made.preparation).toContain('shorter side 16, the middle, 8×8');
  });

  test('with a number as size means the shorter side where a crop follows, else both sides', async () => {
    const plain = { do_rescale: false, do_normalize: false, resample: 0 };
    expect((await prepared({ ...plain, size: 16, do_center_crop: true, crop_size: 8 })).row).toEqual([
      60, 65, 70, 75, 80, 85, 90, 95,
    ]);
    expect((await prepared({ ...plain, size: 8 })).row).toEqual([10, 30, 50, 70, 90, 110, 130, 150]);
    expect((await prepared({ ...plain, size: 8 })).preparation).toContain('nearest');
  });

  test('of ConvNeXT shrinks by crop_pct and cuts', async () => {
    const config = { size: { shortest_edge: 8 }, crop_pct: 0.5, do_rescale: false, do_normalize: false };
    expect((await prepared(config)).row).toEqual([60, 65, 70, 75, 80, 85, 90, 95]);
  });

  test('decides the size where the model leaves it open, and not where the model fixes another one', async () => {
    expect((await prepared({ size: { height: 9, width: 6 } }, FREE)).dims).toEqual([1, 3, 9, 6]);
    expect((await prepared({ do_resize: false, do_center_crop: true, crop_size: 8 }, FREE)).dims).toEqual([1, 3, 8, 8]);
    const other = await prepared({ size: { shortest_edge: 16 }, do_center_crop: true, crop_size: 6 });
    expect(other.dims).toEqual([1, 3, 8, 8]);
    expect(other.preparation).toContain('image: RGB, 8×8, (x');
  });

  test('says the order of the channels', async () => {
    expect((await prepared({ do_flip_channel_order: true })).preparation).toContain('image: BGR');
    expect((await prepared({ do_flip_channel_order: true }, FIXED, { channels: 'rgb' })).preparation).toContain('RGB');
  });

  test('is part of the digest: the same files prepared in another way are other samples', async () => {
    const path = folder.put({ 'a.png': await columns });
    const digest = async (mean: number) =>
      (await openData({ path, bind: {} }, [FIXED], { image: { mean: [mean], std: [1] }, seed: 0 })).digest;
    expect(await digest(1)).toBe(await digest(1));
    expect(await digest(1)).not.toBe(await digest(2));
  });

  test('gives way to the settings', async () => {
    const config = { image_mean: [0.5], image_std: [0.5] };
    expect((await prepared(config, FIXED, { mean: [127], std: [128] })).preparation).toBe(
      'image: RGB, 8×8, (x − 127) / 128, NCHW, by ./preprocessor_config.json, with mean and std of the settings',
    );
  });

  test('is found beside the model and above its folder onnx, or where the settings say; else assumptions are told', async () => {
    const path = folder.put({ 'a.png': await columns });
    const home = folder.put({ 'preprocessor_config.json': '{"image_mean": [0.5], "image_std": [0.5]}' });
    mkdirSync(join(home, 'onnx'));
    const config = join(home, 'preprocessor_config.json');
    const told = async (options: Partial<DataOptions>) =>
      (await openData({ path, bind: {} }, [FIXED], { image: {}, seed: 0, ...options })).preparation;
    expect(await told({ modelPath: join(home, 'model.onnx') })).toContain(config);
    expect(await told({ modelPath: join(home, 'onnx', 'model.onnx') })).toContain(config);
    expect(await told({ image: { config } })).toContain(config);
    expect(await told({})).toBe(
      'image: RGB, 8×8, (x − 0) / 255, NCHW, mean and std assumed (no preprocessor_config.json, no --image-mean and --image-std)',
    );
  });
});

describe('rows that name images', () => {
  const open = (path: string, image: DataOptions['image'] = { mean: [0], std: [1] }) =>
    openData({ path, bind: {} }, [FIXED], { image, seed: 0 });

  test('feed them with their classes; paths are relative to the file', async () => {
    const files = { 'pictures/a.png': await columns, 'pictures/b.png': await columns };
    const tables = {
      'table.csv': 'file_name,label\npictures/b.png,3\npictures/a.png,1\n',
      'rows.jsonl': '{"image": "pictures/b.png", "label": 3}\n{"image": "pictures/a.png", "label": 1}\n',
    };
    const place = folder.put({ ...files, ...tables });
    for (const name of Object.keys(tables)) {
      const set = await open(join(place, name));
      expect((await allOf(set)).map((feeds) => feeds.image?.dims)).toEqual(Array(2).fill([1, 3, 8, 8]));
      expect(set.labels).toEqual([3, 1]);
      expect(set.preparation).toContain('image: RGB, 8×8, (x − 0) / 1, NCHW');
    }
  });

  test('are told with their line where an image is missing', async () => {
    const path = folder.putFile('table.csv', 'image\nnowhere.png\n');
    await expect(open(path)).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringMatching(/table\.csv:2 names an image that cannot be read: .*nowhere\.png does not exist/),
    });
  });

  test('have a digest of the images and of how they are prepared', async () => {
    const table = 'image\na.png\n';
    const digest = async (image: Uint8Array, mean: number) =>
      (await open(join(folder.put({ 'table.csv': table, 'a.png': image }), 'table.csv'), { mean: [mean], std: [1] }))
        .digest;
    const other = await sharp(await columns)
      .negate()
      .png()
      .toBuffer();
    const first = await digest(await columns, 0);
    expect(await digest(await columns, 0)).toBe(first);
    expect(await digest(other, 0)).not.toBe(first);
    expect(await digest(await columns, 1)).not.toBe(first);
  });
});

test('a model that normalizes pixels itself gets them as they are, and that is told', async () => {
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('Div', ['image', 'scale'], ['y'], { name: 'norm' })],
    inputs: [makeValueInfo('image', 'float32', FIXED.shape)],
    outputs: [makeValueInfo('y', 'float32', null)],
    initializers: [makeTensor('scale', { dataType: 'float32', dims: [], data: Float32Array.of(255) })],
  });
  const path = folder.put({ 'a.png': await columns });
  const modelPath = join(folder.path, 'model.onnx');
  await writeModel(makeModel({ graph, opset: 17, irVersion: 8 }), modelPath);
  const told = async (image: DataOptions['image']) =>
    (await openData({ path, bind: {} }, [FIXED], { image, seed: 0, modelPath })).preparation;
  expect(await told({})).toBe(
    'image: RGB, 8×8, (x − 0) / 1, NCHW, pixels as they are, since norm of the model normalizes them',
  );
  expect(await told({ mean: [127], std: [128] })).toBe('image: RGB, 8×8, (x − 127) / 128, NCHW');
});
