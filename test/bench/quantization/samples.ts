/** Samples of the benchmark as .npy files that both sides read: one half calibrates, the other one is measured. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { labelledFiles } from '../../fixtures/magika/features.ts';
import { toNpy } from '../../fixtures/sample/npz.ts';
import { Random } from '../../fixtures/sample/random.ts';

export interface BenchData {
  readonly calibration: string;
  readonly evaluation: string;
}

export interface ImageShape {
  readonly width: number;
  readonly height: number;
  readonly isBgr: boolean;
  readonly mean: number;
  readonly std: number;
}

/** Crops of at least 60 % of the side, every other one mirrored; no photograph is in both halves. */
export async function imageSamples(
  photos: string,
  folder: string,
  shape: ImageShape,
  seed: number,
  counts = { calibration: 60, evaluation: 66 },
): Promise<BenchData> {
  const paths = readdirSync(photos)
    .sort()
    .map((name) => join(photos, name));
  const random = new Random(seed);
  const order = paths
    .map((path) => ({ path, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ path }) => path);
  const half = Math.floor(order.length / 2);
  const make = async (name: string, from: readonly string[], count: number): Promise<string> => {
    const file = join(folder, `${name}.npy`);
    if (existsSync(file)) return file;
    const { width, height } = shape;
    const data = new Float32Array(count * 3 * width * height);
    for (let index = 0; index < count; index += 1) {
      const pixels = await crop(from[index % from.length] as string, shape, random, index % 2 === 1);
      for (let at = 0; at < width * height; at += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          const value = pixels[at * 3 + (shape.isBgr ? 2 - channel : channel)] as number;
          data[(index * 3 + channel) * width * height + at] = (value - shape.mean) / shape.std;
        }
      }
    }
    writeFileSync(file, toNpy({ shape: [count, 3, height, width], data }));
    return file;
  };
  return {
    calibration: await make('calibration', order.slice(0, half), counts.calibration),
    evaluation: await make('evaluation', order.slice(half), counts.evaluation),
  };
}

async function crop(path: string, { width, height }: ImageShape, random: Random, isMirrored: boolean): Promise<Buffer> {
  const image = sharp(path);
  const { width: w = 1, height: h = 1 } = await image.metadata();
  const part = 0.6 + 0.4 * random.next();
  const region = { width: Math.max(1, Math.floor(w * part)), height: Math.max(1, Math.floor(h * part)) };
  const left = Math.floor(random.next() * (w - region.width));
  const top = Math.floor(random.next() * (h - region.height));
  return image
    .extract({ left, top, ...region })
    .flop(isMirrored)
    .resize(width, height, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
}

/** Files of Magika, dealt by the seed. */
export function magikaSamples(files: string, folder: string, seed: number): BenchData {
  const random = new Random(seed);
  const order = labelledFiles(files)
    .map(({ features }) => ({ features, at: random.next() }))
    .sort((a, b) => a.at - b.at);
  const half = Math.floor(order.length / 2);
  const make = (name: string, part: typeof order): string => {
    const data = new Int32Array(part.length * 2048);
    for (const [index, { features }] of part.entries()) data.set(features, index * 2048);
    const file = join(folder, `${name}.npy`);
    writeFileSync(file, toNpy({ shape: [part.length, 2048], data }));
    return file;
  };
  return { calibration: make('calibration', order.slice(0, half)), evaluation: make('evaluation', order) };
}
