import { describe, expect, test } from 'vitest';
import { accuracyCounter } from '../../src/evaluation/accuracy.ts';
import { isClassification } from '../../src/evaluation/classification.ts';
import { comparableOutputs } from '../../src/evaluation/compatibility.ts';
import type { OutputComparison } from '../../src/evaluation/evaluation.ts';
import { outputAccumulator } from '../../src/evaluation/output-accumulator.ts';
import type { DataType } from '../../src/onnx/data-type.ts';
import { numberToHalf } from '../../src/onnx/half.ts';
import type { HostTensor, TensorData } from '../../src/onnx/tensor.ts';

function tensor(dataType: DataType, data: TensorData, dims: readonly number[] = [data.length]): HostTensor {
  return { dataType, dims, data };
}

const float = (values: readonly number[], dims?: readonly number[]) =>
  tensor('float32', Float32Array.from(values), dims);

function compared(original: HostTensor, candidate: HostTensor, name = 'y'): OutputComparison {
  const accumulator = outputAccumulator(name, original.dataType);
  accumulator.add(original, candidate);
  return accumulator.result();
}

describe('two outputs', () => {
  test('with NaN and infinite values where the original is finite count them and keep the sums finite', () => {
    const result = compared(float([1, 2, 3, 4]), float([1, Number.NaN, Number.NEGATIVE_INFINITY, 4]));
    expect(result).toMatchObject({ notFinite: 2, isEqual: false, maxAbsError: 0, sqnrDb: null });
    expect(result.cosine).toBeCloseTo(1, 12);
  });

  test('with the same NaN and infinite values are equal', () => {
    const values = [Number.NaN, Number.NEGATIVE_INFINITY, 1];
    expect(compared(float(values), float(values))).toMatchObject({ notFinite: 0, isEqual: true });
  });

  test('of an original that is all zeros have no ratio and are not equal', () => {
    const result = compared(float([0, 0]), float([0, 0.5]));
    expect(result).toMatchObject({ sqnrDb: null, cosine: null, isEqual: false, maxAbsError: 0.5 });
  });

  test('of different shapes are counted and not compared', () => {
    const accumulator = outputAccumulator('boxes', 'float32');
    accumulator.add(float([1, 2, 3, 4], [2, 2]), float([1, 2], [1, 2]));
    accumulator.add(float([1, 2], [1, 2]), float([1, 2], [1, 2]));
    expect(accumulator.result()).toMatchObject({ shapeDiffers: 1, isEqual: false, maxAbsError: 0 });
  });

  test('that are equal have no ratio and say so', () => {
    const result = compared(float([1, 2, 3]), float([1, 2, 3]));
    expect(result).toMatchObject({ sqnrDb: null, isEqual: true, maxAbsError: 0, top1Agreement: 1 });
    expect(result).not.toHaveProperty('shapeDiffers');
  });

  test('that are probabilities of one thing tell how often they decide alike at 0.5', () => {
    const result = compared(float([0.1, 0.4, 0.5, 0.9], [4, 1]), float([0.2, 0.6, 0.7, 0.8], [4, 1]), 'output');
    expect(result).toMatchObject({ decisionAgreement: 0.75, top1Agreement: null });
    const others = [
      compared(float([0.1, 1.5], [2, 1]), float([0.1, 1.5], [2, 1]), 'output'),
      compared(float([0.1, 0.5], [1, 2]), float([0.1, 0.5], [1, 2]), 'output'),
      compared(float([0.1, 0.5], [2, 1]), float([0.1, 0.5], [2, 1]), 'stateN'),
    ];
    for (const other of others) expect(other).not.toHaveProperty('decisionAgreement');
  });

  test('have the signal-to-noise ratio of the formula', () => {
    // Σ original² = 25, Σ error² = 0.25: 10·log10(100) = 20 dB.
    const result = compared(float([3, 4]), float([3, 4.5]));
    expect(result.sqnrDb).toBeCloseTo(20, 9);
    expect(result.maxAbsError).toBe(0.5);
    expect(result.cosine).toBeCloseTo((9 + 18) / (5 * Math.hypot(3, 4.5)), 9);
  });

  test('are summed over samples before the ratio is taken', () => {
    const accumulator = outputAccumulator('y', 'float32');
    accumulator.add(float([10]), float([10]));
    accumulator.add(float([0]), float([1]));
    expect(accumulator.result().sqnrDb).toBeCloseTo(20, 9);
  });

  test('of float16 are compared by value', () => {
    const half = (values: readonly number[]) => tensor('float16', Uint16Array.from(values, numberToHalf));
    expect(compared(half([3, 4]), half([3, 4.5])).sqnrDb).toBeCloseTo(20, 9);
  });

  test('agree in the rows whose largest value stands at the same place', () => {
    const result = compared(float([1, 2, 5, 4, 0, 9], [3, 2]), float([1, 3, 4, 5, 0, 8], [3, 2]));
    expect(result.top1Agreement).toBeCloseTo(2 / 3, 12);
    expect(compared(float([5, 5], [1, 2]), float([5, 4], [1, 2])).top1Agreement).toBe(1);
    expect(compared(float([1, 2], [2, 1]), float([2, 1], [2, 1])).top1Agreement).toBeNull();
  });

  test('of int64 are compared exactly, beyond what a number holds', () => {
    const big = 2n ** 60n;
    const result = compared(
      tensor('int64', BigInt64Array.of(big, 1n)),
      tensor('int64', BigInt64Array.of(big + 1n, 1n)),
    );
    expect(result).toMatchObject({ isEqual: false, equalShare: 0.5, sqnrDb: null, top1Agreement: null });
  });

  test('of booleans and strings have a share of equal values', () => {
    const flags = compared(tensor('bool', Uint8Array.of(1, 0, 1, 1)), tensor('bool', Uint8Array.of(1, 1, 1, 1)));
    expect(flags).toMatchObject({ equalShare: 0.75, maxAbsError: 1, isEqual: false });
    expect(compared(tensor('string', ['a', 'b']), tensor('string', ['a', 'c']))).toMatchObject({
      equalShare: 0.5,
      isEqual: false,
      maxAbsError: 0,
    });
  });

  test('of 8-bit integers have a ratio: one step off is not a wrong value', () => {
    const result = compared(tensor('uint8', Uint8Array.of(100, 200)), tensor('uint8', Uint8Array.of(101, 200)));
    expect(result.sqnrDb).toBeCloseTo(10 * Math.log10(50_000), 9);
  });
});

describe('an output is read as classes', () => {
  const traits = { rank: 3, areRowsDistributions: false };

  test('not when its name speaks of boxes, embeddings or states', () => {
    for (const name of ['boxes', 'bbox_8', 'sentence_embedding', 'stateN', 'kps_16', 'pooler_output']) {
      expect(isClassification({ name, rank: 2, areRowsDistributions: false })).toBe(false);
    }
    expect(isClassification({ ...traits, name: 'output' })).toBe(false);
  });

  test('when it has one row per sample, sums to one, or is called scores', () => {
    expect(isClassification({ name: 'Plus214_Output_0', rank: 2, areRowsDistributions: false })).toBe(true);
    expect(isClassification({ name: 'output', rank: 3, areRowsDistributions: true })).toBe(true);
    expect(isClassification({ ...traits, name: 'logits' })).toBe(true);
  });

  test('when the rows of the original are seen to be distributions', () => {
    const rows = float([0.25, 0.75, 1, 0], [1, 2, 2]);
    expect(compared(rows, rows, 'out').isClassification).toBe(true);
    for (const last of [
      [2, 0],
      [-1, 2],
    ]) {
      const others = float([0.25, 0.75, ...last], [1, 2, 2]);
      expect(compared(others, others, 'out').isClassification).toBe(false);
    }
  });
});

describe('accuracy', () => {
  const outputs = [
    { name: 'box', dataType: 'float32', shape: [1, 2, 2] },
    { name: 'y', dataType: 'float32', shape: [1, 3] },
  ] as const;
  const answer = (values: readonly number[]) => ({ box: float([1, 2, 3, 4], [1, 2, 2]), y: float(values, [1, 3]) });

  test('is not there without labels or without one row of classes', () => {
    const counter = accuracyCounter(outputs);
    counter.add(undefined, answer([1, 2, 3]), answer([1, 2, 3]));
    expect(counter.result()).toBeNull();
    const boxes = accuracyCounter(outputs.slice(0, 1));
    boxes.add(1, answer([1, 2, 3]), answer([1, 2, 3]));
    expect(boxes.result()).toBeNull();
  });

  test('is the share of samples whose largest value is the label', () => {
    const counter = accuracyCounter(outputs);
    counter.add(2, answer([1, 2, 3]), answer([3, 2, 1]));
    counter.add(0, answer([9, 2, 3]), answer([9, 2, 1]));
    expect(counter.result()).toEqual({ original: 1, candidate: 0.5 });
  });
});

describe('two models', () => {
  const info = (name: string, dataType: DataType | null) => ({ name, dataType, shape: [1] });
  const model = (...outputs: ReturnType<typeof info>[]) => ({ inputs: [info('x', 'float32')], outputs });

  test('with other names or types of outputs or inputs cannot be compared', () => {
    for (const other of [model(info('z', 'float32')), model(info('y', 'float16')), model()]) {
      expect(() => comparableOutputs(model(info('y', 'float32')), other)).toThrowError(
        expect.objectContaining({ code: 'OUTPUTS_DIFFER', message: expect.stringContaining('y float32') }),
      );
    }
    const half = { ...model(info('y', 'float32')), inputs: [info('x', 'float16')] };
    expect(() => comparableOutputs(model(info('y', 'float32')), half)).toThrowError(/inputs/);
    expect(() => comparableOutputs(model(info('y', null)), model(info('y', null)))).toThrowError(/no output/);
  });

  test('may have them in another order and with sequences, which are left out', () => {
    const first = model(info('a', 'float32'), info('b', null), info('c', 'int64'));
    const second = model(info('c', 'int64'), info('a', 'float32'), info('b', null));
    expect(comparableOutputs(first, second).map(({ name }) => name)).toEqual(['a', 'c']);
  });
});
