import { afterAll, describe, expect, test } from 'vitest';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { openData } from '../../../src/quantization/data/open.ts';
import { splitSamples } from '../../../src/quantization/data/split.ts';
import type { Feeds, SampleSet } from '../../../src/runtime/feeds.ts';
import type { RuntimeSession } from '../../../src/runtime/session.ts';
import { allOf, type Content, testFolder } from './folders.ts';
import { wav } from './wav-writer.ts';

const folder = testFolder();
afterAll(() => folder.remove());

const { put } = folder;
const putFile = (content: Content) => folder.putFile('a.wav', content);

const float = (name: string, shape: TensorInfo['shape']): TensorInfo => ({ name, dataType: 'float32', shape });
const WAVEFORM = float('sound', [1, null]);
const FRAME = float('sound', [1, 4]);
const STATE = float('state', [1, 'batch']);
const RATE: TensorInfo = { name: 'sr', dataType: 'int64', shape: [] };
const IMAGE = { mean: [0], std: [1], channels: 'rgb' as const };
const AUDIO = { sampleRate: null, frameSamples: null, contextSamples: null };

/** Its state is the number of runs before. */
const counter: Pick<RuntimeSession, 'outputs' | 'run'> = {
  outputs: [float('p', [1, 1]), float('stateN', null)],
  run: async ({ state }) => ({
    stateN: { dataType: 'float32', dims: [1, 1], data: Float32Array.of(Number(state?.data[0]) + 1) },
  }),
};

const open = (
  path: string,
  inputs: readonly TensorInfo[],
  settings: Partial<typeof AUDIO | { [K in keyof typeof AUDIO]: number }> = {},
  model = counter,
) => openData({ path, bind: {} }, inputs, { image: IMAGE, audio: { ...AUDIO, ...settings }, model, seed: 0 });

const column = async (set: SampleSet, name: string) =>
  (await allOf(set)).map((feeds) => Array.from(feeds[name]?.data ?? [], Number));
const count = (length: number) => Array.from({ length }, (_, index) => (index % 32) * 1024);

describe('recordings that cannot be used', () => {
  const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['an empty file', '', 'ends inside its header'],
    ['another kind of file', 'x'.repeat(64), 'does not begin like a wave file'],
    ['a file that is cut off', wav(count(8)).subarray(0, -5), '16 bytes of samples are announced and 11 are there'],
    ['a compressed one', wav([1], { format: 85 }), 'format 85'],
    ['one without channels', wav([1], { channels: 0 }), '0 channels'],
    ['one without data', wav([]).subarray(0, -8), 'no data chunk'],
  ];
  test.each(cases)('%s is named with the reason', async (_, bytes, reason) => {
    await expect(open(putFile(bytes), [FRAME])).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringMatching(new RegExp(`a\\.wav.*${reason}`)),
    });
  });

  test('a rate that is not that of the model is refused with both', async () => {
    await expect(
      open(putFile(wav(count(8), { sampleRate: 44100 })), [FRAME], { sampleRate: 16000 }),
    ).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringMatching(/44100 Hz.*16000 Hz.*nothing is resampled/),
      hint: expect.stringContaining('-ar 16000'),
    });
    const mixed = put({ 'a.wav': wav(count(8)), 'b.wav': wav(count(8), { sampleRate: 8000 }) });
    await expect(open(mixed, [FRAME])).rejects.toMatchObject({ message: expect.stringMatching(/b\.wav has 8000 Hz/) });
  });

  test('a model with state that does not say its frame asks for it', async () => {
    await expect(open(putFile(wav(count(8))), [WAVEFORM, STATE])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      hint: expect.stringContaining('--frame-samples'),
    });
    await expect(open(putFile(wav(count(8))), [FRAME], { frameSamples: 3 })).rejects.toMatchObject({
      message: expect.stringContaining('takes 4 samples'),
    });
  });

  test('a model with other inputs, and a recording shorter than a frame, are told', async () => {
    await expect(open(putFile(wav(count(8))), [FRAME, float('features', [1, 80])])).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining('features float32 [1, 80]'),
    });
    await expect(open(putFile(wav(count(3))), [FRAME])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  test('a float that is no number is named when its frame is read', async () => {
    const set = await open(putFile(wav([0, 0, 0, 0, 0, Number.NaN, 0, 0], { format: 3, bits: 32 })), [FRAME]);
    await expect(allOf(set)).rejects.toMatchObject({
      message: expect.stringContaining('sample 5 is not a finite number'),
    });
  });
});

describe('recordings', () => {
  test.each([
    [{ bits: 8 }, [128, 192], [0, 0.5]],
    [{ bits: 16 }, [-32768, 16384], [-1, 0.5]],
    [{ bits: 24 }, [-(2 ** 23), 2 ** 22], [-1, 0.5]],
    [{ bits: 32 }, [-(2 ** 31), 2 ** 30], [-1, 0.5]],
    [{ bits: 32, format: 3 }, [-1, 0.5], [-1, 0.5]],
    [{ bits: 64, format: 3 }, [-1, 0.5], [-1, 0.5]],
    [{ bits: 16, isExtensible: true }, [-32768, 16384], [-1, 0.5]],
    [{ bits: 16, announcedBytes: 0xffffffff }, [-32768, 16384], [-1, 0.5]],
    [{ bits: 16, channels: 2 }, [-32768, 0, 16384, 16384], [-0.5, 0.5]],
  ] as const)('of %j are read between -1 and 1', async (options, stored, values) => {
    expect(await column(await open(putFile(wav(stored, options)), [WAVEFORM]), 'sound')).toEqual([values]);
  });

  test('are whole samples for a model without frames, with the rate where it asks for it', async () => {
    const path = put({ 'a.wav': wav(count(5)), 'b.wav': wav(count(3)), 'notes.txt': 'x' });
    const set = await open(path, [float('sound', [1, 1, 'time']), RATE]);
    expect((await allOf(set)).map((feeds) => [feeds.sound?.dims, feeds.sr])).toEqual([
      [[1, 1, 5], { dataType: 'int64', dims: [], data: BigInt64Array.of(16000n) }],
      [[1, 1, 3], { dataType: 'int64', dims: [], data: BigInt64Array.of(16000n) }],
    ]);
    expect(set.preparation).toBe('audio: 16000 Hz, mono, whole recordings, sr = 16000; 1 other files ignored');
    expect(set.carries).toBeUndefined();
  });

  test('are cut into frames behind their context, which is silent at the beginning', async () => {
    const set = await open(putFile(wav(count(7))), [FRAME], { contextSamples: 1 });
    expect((await column(set, 'sound')).map((values) => values.map((value) => value * 32))).toEqual([
      [0, 0, 1, 2],
      [2, 3, 4, 5],
    ]);
    expect(set.preparation).toContain('frames of 3 samples behind 1 of context');
    expect(set.preparation).toContain('1 samples at the end that do not fill a frame left out');
  });

  test('give each frame the state that the model has there, from zeros in each recording', async () => {
    const path = put({ 'a.wav': wav(count(12)), 'b.wav': wav(count(8)) });
    const set = await open(path, [FRAME, STATE]);
    expect((await column(set, 'state')).flat()).toEqual([0, 1, 2, 0, 1]);
    expect(set.carries).toEqual([{ input: 'state', output: 'stateN' }]);
    expect(set.sequences).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 2 },
    ]);
    expect(set.preparation).toContain('state → stateN carried over from zeros');
  });

  test('keep their states and name their sequences in any choice of frames', async () => {
    const path = put({ 'a.wav': wav(count(12)), 'b.wav': wav(count(8)) });
    const part = (await open(path, [FRAME, STATE])).pick([1, 2, 3, 0]);
    expect((await column(part, 'state')).flat()).toEqual([1, 2, 0, 0]);
    expect(part.sequences).toEqual([
      { first: 0, count: 2 },
      { first: 2, count: 1 },
      { first: 3, count: 1 },
    ]);
  });

  test('are split in stretches, so that no frame is on both sides and each side follows itself', async () => {
    const set = await open(putFile(wav(count(4 * 64))), [FRAME, STATE]);
    const split = splitSamples(set, { calibrationSamples: null, seed: 1, maxEvaluation: 1000 });
    const sides = await Promise.all(
      [split.calibration, split.evaluation].map(async (side) => (await column(side, 'state')).flat()),
    );
    expect(sides.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index));
    for (const side of [split.calibration, split.evaluation]) {
      expect(side.count).toBe(32);
      expect(side.sequences?.every(({ count }) => count >= 8)).toBe(true);
    }
  });

  test('are fed to silero-vad as its authors do', async () => {
    const inputs = [float('input', [null, null]), float('state', [2, null, 128]), RATE];
    const model = {
      ...counter,
      run: async (feeds: Feeds) => ({ stateN: feeds.state as NonNullable<typeof feeds.state> }),
    };
    const set = await open(putFile(wav(count(1100))), inputs, {}, model);
    expect((await allOf(set)).map(({ input, state }) => [input?.dims, state?.dims])).toEqual(
      Array(2).fill([
        [1, 576],
        [2, 1, 128],
      ]),
    );
    const slow = await open(putFile(wav(count(600), { sampleRate: 8000 })), inputs, {}, model);
    expect(slow.preparation).toContain('8000 Hz, mono, frames of 256 samples behind 32 of context');
    await expect(open(putFile(wav(count(600), { sampleRate: 44100 })), inputs, {}, model)).rejects.toMatchObject({
      message: expect.stringContaining('the model takes 16000 or 8000 Hz'),
    });
  });
});
