/**
 * "Done when" of the costs: multiply-accumulates of the nine networks in ../shared/onnx-cases/light within 2 % of published
 * figures. What papers and tables call FLOPs of these networks are multiply-accumulates of convolutions and products.
 *
 * Where a figure in the literature is not of the same network, that is said, and the figure comes from a table of this
 * very file of the ONNX model zoo: Benanza (Li et al., IPDPS 2020, https://github.com/rai-project/dlperf, tag-free commit
 * e0ab7ac4) publishes "Theoretical Flops" of each layer in assets/cudnn_advised_latency/batchsize_1/GRID_K520/NAME.csv,
 * which are 2 × MACs, and for Gemm the additions of the bias too.
 */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyzeModel } from '../../src/analysis/analyze.ts';
import { openModel } from '../../src/onnx/open.ts';

const LIGHT = new URL('../../../shared/onnx-cases/light/', import.meta.url).pathname;
const { signal } = new AbortController();

/** torchvision/models/*.py, `_ops` in the meta data of the weights, in units of 10⁹ multiply-accumulates. */
const TORCHVISION = 'torchvision';

interface Published {
  readonly model: string;
  /** 10⁹ multiply-accumulates of one picture of 224 × 224. */
  readonly gigaMacs: number;
  readonly source: string;
  readonly note?: string;
}

/** Sum of the layers of a table of Benanza, without the biases of its Gemm layers. */
const layers = (flops: readonly number[], biases: readonly number[]): number =>
  (flops.reduce((sum, layer) => sum + layer, 0) - biases.reduce((sum, bias) => sum + bias, 0)) / 2e9;

const ALEXNET = layers(
  [203_233_536, 415_334_400, 254_803_968, 191_102_976, 127_401_984, 75_501_568, 33_558_528, 8_193_000],
  [4096, 4096, 1000],
);

/** conv_1, which the table lacks, is that of Inception-v2.csv: the networks begin alike. */
const INCEPTION_V1 = layers(
  [
    236_027_904, 24_780_800, 669_081_600, 17_915_904, 26_873_856, 161_243_136, 4_478_976, 18_662_400, 8_957_952,
    47_775_744, 47_775_744, 322_486_272, 11_943_936, 111_974_400, 23_887_872, 31_150_080, 15_575_040, 60_742_656,
    2_595_840, 6_489_600, 10_383_360, 27_688_960, 19_382_272, 76_317_696, 4_153_344, 12_979_200, 11_075_584, 22_151_168,
    22_151_168, 99_680_256, 4_153_344, 12_979_200, 11_075_584, 19_382_272, 24_920_064, 126_157_824, 5_537_792,
    17_305_600, 11_075_584, 45_686_784, 28_554_240, 155_750_400, 5_710_848, 34_611_200, 22_843_392, 15_335_424,
    9_584_640, 33_177_600, 1_916_928, 7_372_800, 7_667_712, 23_003_136, 11_501_568, 47_775_744, 2_875_392, 11_059_200,
    7_667_712, 2_049_000,
  ],
  [1000],
);

const ZFNET = layers(
  [335_329_344, 768_000_000, 339_738_624, 679_477_248, 679_477_248, 150_999_040, 8_389_632, 2_049_000],
  [4096, 1024, 1000],
);

/** Each distinct layer of Shufflenet.csv with how often it is there. */
const SHUFFLENET = layers(
  [
    16_257_024,
    // Stage 2: 24 + 112 channels, then 3 units of 136.
    4_214_784,
    1_580_544,
    4_917_248,
    ...Array<number>(6).fill(7_250_432),
    ...Array<number>(3).fill(1_919_232),
    // Stage 3: 136 + 136 channels, then 7 units of 272.
    7_250_432,
    479_808,
    1_812_608,
    ...Array<number>(14).fill(7_250_432),
    ...Array<number>(7).fill(959_616),
    // Stage 4: 272 + 272 channels, then 3 units of 544.
    7_250_432,
    239_904,
    1_812_608,
    ...Array<number>(6).fill(7_250_432),
    ...Array<number>(3).fill(479_808),
    1_089_000,
  ],
  [1000],
);

const PUBLISHED: readonly Published[] = [
  {
    model: 'resnet50',
    gigaMacs: 4.089,
    source: `${TORCHVISION}: ResNet50_Weights`,
    note: 'He et al. 2016, table 1, have 3.8 for the variant that strides in the first 1 × 1 convolution of a block.',
  },
  { model: 'densenet121', gigaMacs: 2.834, source: `${TORCHVISION}: DenseNet121_Weights` },
  { model: 'vgg19', gigaMacs: 19.632, source: `${TORCHVISION}: VGG19_Weights` },
  {
    model: 'squeezenet',
    gigaMacs: 0.349,
    source: `${TORCHVISION}: SqueezeNet1_1_Weights`,
    note: 'The file is version 1.1: its first convolution has 64 kernels of 3 × 3; version 1.0 has 96 of 7 × 7 and 0.82.',
  },
  {
    model: 'inception_v1',
    gigaMacs: INCEPTION_V1,
    source: 'Benanza, Inception-v1.csv',
    note: 'Szegedy et al., arXiv:1512.00567, table 3, round it to 1.5 for GoogLeNet.',
  },
  {
    model: 'inception_v2',
    gigaMacs: 2.0,
    source: 'Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567, table 3, BN-Inception',
  },
  {
    model: 'bvlc_alexnet',
    gigaMacs: ALEXNET,
    source: 'Benanza, BVLC_AlexNet.csv',
    note:
      'Published as 0.727 (https://github.com/albanie/convnet-burden, reports/alexnet.md) for pictures of 227 × 227, with ' +
      'outputs of 55², 27² and 13²; this file takes 224 × 224 without padding, which makes them 54², 26² and 12².',
  },
  {
    model: 'shufflenet',
    gigaMacs: SHUFFLENET,
    source: 'Benanza, Shufflenet.csv',
    note:
      'Not one of the paper (Zhang et al., arXiv:1707.01083, 0.14 for 1×): 4 groups with half the channels, 136 to 544, and ' +
      'bottlenecks as wide as their unit, where the paper has a quarter.',
  },
  {
    model: 'zfnet512',
    gigaMacs: ZFNET,
    source: 'Benanza, Zfnet512.csv',
    note: 'Not the network of Zeiler and Fergus: 512 maps in layers 3 to 5, and a second fully connected layer of 1024.',
  },
];

async function analyze(name: string) {
  const analysis = await analyzeModel(openModel(`${LIGHT}light_${name}.onnx`), { sha256: null, signal });
  if (analysis.costs === null) throw new Error(`${name} has no costs`);
  return analysis.costs;
}

describe.skipIf(!existsSync(LIGHT))('published figures (skipped where ../shared/onnx-cases is missing)', () => {
  test.each(PUBLISHED)('$model: $gigaMacs G multiply-accumulates within 2 % ($source)', async ({ model, gigaMacs }) => {
    const { macs, certainty } = await analyze(model);
    expect(certainty.macs).toBe('exact');
    expect(Math.abs((macs ?? 0) / 1e9 / gigaMacs - 1)).toBeLessThan(0.02);
  });

  test('AlexNet: its layers at 227 × 227, scaled to the outputs that 224 × 224 has', async () => {
    const convolutions = [
      { side: 55, here: 54, products: 96 * 363 },
      { side: 27, here: 26, products: 256 * 1200 },
      { side: 13, here: 12, products: 384 * 2304 + 384 * 1728 + 256 * 1728 },
    ];
    const total = (side: (layer: (typeof convolutions)[number]) => number) =>
      convolutions.reduce((sum, layer) => sum + side(layer) ** 2 * layer.products, 0);
    // Chen et al., Eyeriss, ISSCC 2016: 666 million for the convolutions at 227 × 227.
    expect(total(({ side }) => side) / 1e6).toBeCloseTo(665.8, 0);
    const connected = 9216 * 4096 + 4096 * 4096 + 4096 * 1000;
    expect((await analyze('bvlc_alexnet')).macs).toBe(total(({ here }) => here) + connected);
  });

  test('ShuffleNet: from the numbers of its stages', async () => {
    // A unit: 1 × 1 in 4 groups, depthwise 3 × 3, 1 × 1 in 4 groups. The first of a stage halves the picture.
    const unit = (channels: number, side: number) => side ** 2 * ((2 * channels ** 2) / 4 + 9 * channels);
    const first = (from: number, to: number, side: number) =>
      side ** 2 * (4 * ((from * to) / 4) + 9 * to + (to * to) / 4);
    const stages = [
      first(24, 112, 28) + 3 * unit(136, 28),
      first(136, 136, 14) + 7 * unit(272, 14),
      first(272, 272, 7) + 3 * unit(544, 7),
    ];
    const expected = 112 ** 2 * 24 * 27 + stages.reduce((sum, stage) => sum + stage, 0) + 544 * 1000;
    expect((await analyze('shufflenet')).macs).toBe(expected);
  });

  test('FLOPs are two for each multiply-accumulate and a little more, for activations and pooling', async () => {
    for (const { model } of PUBLISHED) {
      const { macs, flops } = await analyze(model);
      expect((flops ?? 0) / (macs ?? 1), model).toBeGreaterThan(2);
      expect((flops ?? 0) / (macs ?? 1), model).toBeLessThan(2.1);
    }
  });

  test('weights that the file makes of constants are weights, not activations', async () => {
    const { parameterCount, deviceMemory, peakActivationBytes } = await analyze('resnet50');
    expect(parameterCount).toBeLessThan(3000);
    // 25.6 M parameters (He et al.) of 4 bytes.
    expect((deviceMemory[0]?.weightBytes ?? 0) / 4e6).toBeCloseTo(25.6, 0);
    expect(peakActivationBytes).toBeLessThan(20e6);
  });
});
