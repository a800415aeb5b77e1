/** The ensemble of a model of images: the arithmetic in front of the model, run by ONNX Runtime, and the folder around it. */
import { describe, expect, test } from 'vitest';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { artifact } from '../../src/artifacts/triton/artifact.ts';
import { printConfig } from '../../src/artifacts/triton/config.ts';
import { readConfig } from '../../src/artifacts/triton/read-config.ts';
import { openSession } from '../../src/runtime/session.ts';
import { FIXTURES } from './fixtures.ts';

const base = FIXTURES.faces!;
type Image = Extract<NonNullable<ServiceFacts['preprocessing']>, { kind: 'image' }>;
const MEAN = [123.675, 116.28, 103.53];
const STD = [58.395, 57.12, 57.375];
const [HEIGHT, WIDTH] = [2, 3];

function images(changes: Partial<Image>, shape: (number | string)[], dataType = 'float32'): ServiceFacts {
  const image: Image = {
    kind: 'image',
    input: 'x',
    layout: 'nchw',
    height: HEIGHT,
    width: WIDTH,
    channels: 'rgb',
    mean: MEAN,
    std: STD,
    ...changes,
  };
  const outputs = [{ name: 'y', dataType: 'float32', shape: [shape[0] as number | string, 4] }];
  return {
    ...base,
    name: 'cats',
    model: { ...base.model, inputs: [{ name: 'x', dataType, shape }], outputs },
    preprocessing: image,
  };
}

const PREPROCESS = 'models/cats-preprocess/1/model.onnx';
const generated = async (facts: ServiceFacts) =>
  new Map((await artifact.generate(facts)).map(({ path, content }) => [path, content]));
const texts = async (facts: ServiceFacts) =>
  new Map([...(await generated(facts))].filter((file): file is [string, string] => typeof file[1] === 'string'));

async function run(facts: ServiceFacts, dims: number[], data: Uint8Array) {
  const session = await openSession((await generated(facts)).get(PREPROCESS) as Uint8Array);
  try {
    const outputs = await session.run({ image: { dataType: 'uint8', dims, data } });
    return outputs.pixels as { dims: readonly number[]; data: Float32Array };
  } finally {
    await session.release();
  }
}

/** The same arithmetic in float32, written plainly. */
function expected(pixels: Uint8Array, batch: number, facts: ServiceFacts): Float32Array {
  const { layout, channels, mean, std } = facts.preprocessing as Image;
  const depth = channels === 'gray' ? 1 : 3;
  const result = new Float32Array(pixels.length);
  const f = Math.fround;
  for (let n = 0; n < batch; n++) {
    for (let at = 0; at < HEIGHT * WIDTH; at++) {
      for (let c = 0; c < depth; c++) {
        const source = channels === 'bgr' ? 2 - c : c;
        const value = pixels[(n * HEIGHT * WIDTH + at) * depth + source] as number;
        const pick = (list: number[]) => f((list.length === 1 ? list[0] : list[c]) as number);
        const place = layout === 'nchw' ? (n * depth + c) * HEIGHT * WIDTH + at : (n * HEIGHT * WIDTH + at) * depth + c;
        result[place] = f(f(value - pick(mean)) / pick(std));
      }
    }
  }
  return result;
}

const pixels = (count: number) => Uint8Array.from({ length: count }, (_, index) => (index * 37 + 11) % 256);

describe('the graph in front of the model', () => {
  test.each<[string, Partial<Image>, (number | string)[], number]>([
    ['a batch of RGB', {}, ['n', 3, 2, 3], 2],
    ['a batch of BGR', { channels: 'bgr' }, ['n', 3, 2, 3], 2],
    ['a batch that stays NHWC', { layout: 'nhwc' }, ['n', 2, 3, 3], 3],
    ['gray images', { channels: 'gray', mean: [127.5], std: [3] }, ['n', 1, 2, 3], 2],
    ['one mean for all channels', { mean: [0], std: [255] }, ['n', 3, 2, 3], 1],
  ])('computes (x - mean) / std exactly: %s', async (_, changes, shape, batch) => {
    const facts = images(changes, shape);
    const depth = changes.channels === 'gray' ? 1 : 3;
    const data = pixels(batch * HEIGHT * WIDTH * depth);
    const result = await run(facts, [batch, HEIGHT, WIDTH, depth], data);
    expect(result.dims).toEqual([batch, ...shape.slice(1)]);
    expect([...result.data]).toEqual([...expected(data, batch, facts)]);
  });

  test('takes one image without a batch where the model has a fixed one', async () => {
    const facts = images({}, [1, 3, 2, 3]);
    const data = pixels(18);
    const result = await run(facts, [2, 3, 3], data);
    expect(result.dims).toEqual([1, 3, 2, 3]);
    expect([...result.data]).toEqual([...expected(data, 1, facts)]);
    const { config } = readConfig((await texts(facts)).get('models/cats-ensemble/config.pbtxt')!);
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ name: 'image', dims: [2, 3, 3] }] });
  });

  test('gives float16 where the model takes it', async () => {
    const result = await run(images({ mean: [0], std: [1] }, ['n', 3, 2, 3], 'float16'), [1, 2, 3, 3], pixels(18));
    expect(result).toMatchObject({ dataType: 'float16', dims: [1, 3, 2, 3] });
  });

  test('has the same bytes each time', async () => {
    const facts = images({}, ['n', 3, 2, 3]);
    expect((await generated(facts)).get(PREPROCESS)).toEqual((await generated(facts)).get(PREPROCESS));
  });
});

describe('the ensemble', () => {
  test('joins both, passes its own checks, and has the folder of a version', async () => {
    const facts = images({}, ['n', 3, 2, 3]);
    const files = await texts(facts);
    expect([...(await generated(facts)).keys()]).toEqual([
      'models/cats-ensemble/1/.keep',
      'models/cats-ensemble/config.pbtxt',
      'models/cats-preprocess/1/model.onnx',
      'models/cats-preprocess/config.pbtxt',
      'models/cats/config.pbtxt',
      'models/cats/configs/cpu.pbtxt',
      'models/cats/configs/gpu.pbtxt',
    ]);
    expect((await artifact.check(files, facts)).filter(({ severity }) => severity !== 'info')).toEqual([]);
    const { config } = readConfig(files.get('models/cats-ensemble/config.pbtxt')!);
    expect(config).toMatchObject({ platform: 'ensemble', max_batch_size: 8, input: [{ data_type: 'TYPE_UINT8' }] });
    expect(config.instance_group).toEqual([]);
    for (const path of ['models/cats-ensemble/config.pbtxt', 'models/cats-preprocess/config.pbtxt']) {
      const findings = await artifact.check(new Map([...files].filter(([other]) => other !== path)), facts);
      expect(findings).toContainEqual(expect.objectContaining({ code: 'ARTIFACT_MISSING', where: path }));
    }
  });

  test('lets other inputs through, and its own names give way to theirs', async () => {
    const facts = images({}, ['n', 3, 2, 3]);
    const inputs = [...facts.model.inputs, { name: 'image', dataType: 'float32', shape: ['n'] }];
    const files = await texts({ ...facts, model: { ...facts.model, inputs } });
    const { config } = readConfig(files.get('models/cats-ensemble/config.pbtxt')!);
    expect(config.input.map(({ name, dims, reshape }) => ({ name, dims, reshape }))).toEqual([
      { name: 'image_2', dims: [2, 3, 3], reshape: undefined },
      { name: 'image', dims: [1], reshape: undefined },
    ]);
  });

  test.each<[string, Partial<Image>, (number | string)[], string, RegExp]>([
    ['an input that is not there', { input: 'z' }, ['n', 3, 2, 3], 'float32', /the model has no input z/],
    ['bytes as the input', {}, ['n', 3, 2, 3], 'uint8', /x takes uint8 and not floats/],
    ['other sizes', {}, ['n', 3, 4, 4], 'float32', /does not have the shape 3x2x3/],
    ['several images at once', {}, [4, 3, 2, 3], 'float32', /takes 4 images at once/],
    ['a mean too few', { mean: [1, 2] }, ['n', 3, 2, 3], 'float32', /not one per channel/],
    ['a division by 0', { std: [1, 0, 1] }, ['n', 3, 2, 3], 'float32', /a std is 0/],
  ])('is left out with a reason: %s', async (_, changes, shape, dataType, why) => {
    const facts = images(changes, shape, dataType);
    expect([...(await generated(facts)).keys()].filter((path) => path.includes('cats-'))).toEqual([]);
    expect(printConfig(facts)).toMatch(why);
  });
});
