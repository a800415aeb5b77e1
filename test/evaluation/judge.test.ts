import { describe, expect, test } from 'vitest';
import { chooseCandidate } from '../../src/evaluation/choose.ts';
import type { Evaluation, OutputComparison } from '../../src/evaluation/evaluation.ts';
import { judge } from '../../src/evaluation/judge.ts';
import { measureLatency } from '../../src/evaluation/latency.ts';
import { median, percentile } from '../../src/evaluation/percentile.ts';
import { describeReason, sentenceOf } from '../../src/evaluation/reasons.ts';

const GOOD: OutputComparison = {
  name: 'y',
  sqnrDb: 30,
  isEqual: false,
  cosine: 1,
  maxAbsError: 0.1,
  top1Agreement: 1,
  notFinite: 0,
  isClassification: true,
};

function evaluation(outputs: readonly OutputComparison[] = [GOOD], changes: Partial<Evaluation> = {}): Evaluation {
  const figures = { p50Ms: 1, p95Ms: 1 };
  return {
    outputs,
    overallSqnrDb: 30,
    latency: { original: figures, candidate: figures, speedup: 1, threads: 1, runs: 30 },
    size: { originalBytes: 100, candidateBytes: 100, ratio: 1 },
    samples: 100,
    data: { origin: 'd', digest: 'd', isRandom: false, preparation: '' },
    accuracy: null,
    ...changes,
  };
}

const BUDGET = { minSqnrDb: 15, minTop1Agreement: 0.98 };
const codes = (...outputs: OutputComparison[]) => judge(evaluation(outputs), BUDGET).reasons.map(({ code }) => code);

describe('the budget', () => {
  test('is broken by the worst output, whichever it is', () => {
    const bad = { ...GOOD, name: 'z', sqnrDb: 14.9 };
    const judgement = judge(evaluation([GOOD, bad]), BUDGET);
    expect(judgement.isWithinBudget).toBe(false);
    expect(judgement.reasons).toEqual([{ code: 'SQNR_LOW', args: { output: 'z', sqnrDb: 14.9, minSqnrDb: 15 } }]);
    expect(describeReason(judgement.reasons[0] as never)).toContain('14.9 dB, 15.0 dB are asked for');
  });

  test('is broken by values that are not finite', () => {
    expect(codes({ ...GOOD, notFinite: 1 })).toEqual(['OUTPUT_NOT_FINITE']);
  });

  test('is broken by noise on an output that is all zeros', () => {
    expect(codes({ ...GOOD, sqnrDb: null })).toEqual(['SIGNAL_IS_ZERO']);
  });

  test('is broken by decisions that differ', () => {
    expect(codes({ ...GOOD, top1Agreement: null, decisionAgreement: 0.97 })).toEqual(['DECISIONS_DIFFER']);
    expect(codes({ ...GOOD, top1Agreement: null, decisionAgreement: 0.99 })).toEqual([]);
  });

  test('is not broken by state that drifts, only by state that is not finite', () => {
    expect(codes({ ...GOOD, sqnrDb: 3, isState: true })).toEqual([]);
    expect(codes({ ...GOOD, sqnrDb: 3, isState: true, notFinite: 1 })).toEqual(['OUTPUT_NOT_FINITE']);
  });

  test('asks for top-1 agreement of classes only', () => {
    expect(codes({ ...GOOD, top1Agreement: 0.97 })).toEqual(['TOP1_LOW']);
    expect(codes({ ...GOOD, top1Agreement: 0.97, isClassification: false })).toEqual([]);
  });

  test('asks integers, booleans and strings for equal values', () => {
    const ids = { ...GOOD, sqnrDb: null, cosine: null, top1Agreement: null };
    expect(codes({ ...ids, equalShare: 0.9 })).toEqual(['VALUES_DIFFER']);
    expect(codes({ ...ids, equalShare: 0.99 })).toEqual([]);
    expect(codes({ ...GOOD, equalShare: 0.5 })).toEqual([]);
  });

  test('bears few samples with another shape and not many', () => {
    expect(codes({ ...GOOD, shapeDiffers: 2 })).toEqual([]);
    expect(codes({ ...GOOD, shapeDiffers: 3 })).toEqual(['SHAPE_DIFFERS']);
  });

  test('is kept by equal outputs, which have no ratio', () => {
    expect(judge(evaluation([{ ...GOOD, sqnrDb: null, isEqual: true, maxAbsError: 0 }]), BUDGET)).toEqual({
      isWithinBudget: true,
      reasons: [],
    });
  });
});

test.each([
  ['ALL_REJECTED', 1, /^The only candidate is not within the budget\.$/],
  ['ALL_REJECTED', 2, /^None of 2 candidates is within the budget\.$/],
  ['RANDOM_DATA', 1, /^1 candidate was measured on random data only/],
  ['RANDOM_DATA', 3, /^3 candidates were measured on random data only/],
] as const)('the sentence of %s fits the number %i', (code, candidates, sentence) => {
  expect(sentenceOf({ code, args: { candidates } })).toMatch(sentence);
});

describe('the choice', () => {
  const RULES = { minGain: 1.05, acceptRandomData: false };
  const candidate = (
    id: string,
    speedup: number,
    ratio: number,
    more: { isWithinBudget?: boolean; isRandom?: boolean } = {},
  ) => {
    const base = evaluation();
    return {
      id,
      isWithinBudget: more.isWithinBudget ?? true,
      evaluation: {
        ...base,
        latency: { ...base.latency, speedup },
        size: { originalBytes: 100, candidateBytes: 100 * ratio, ratio },
        data: { ...base.data, isRandom: more.isRandom ?? false },
      },
    };
  };

  test('is the original when nothing was measured or nothing is within the budget', () => {
    expect(chooseCandidate([], RULES)).toMatchObject({ chosen: 'original', because: { code: 'NO_CANDIDATE' } });
    expect(chooseCandidate([{ id: 'skipped' }], RULES)).toMatchObject({ because: { code: 'NO_CANDIDATE' } });
    expect(chooseCandidate([candidate('a', 9, 0.1, { isWithinBudget: false })], RULES)).toMatchObject({
      chosen: 'original',
      because: { code: 'ALL_REJECTED', args: { candidates: 1 } },
    });
  });

  test('never rests on random data unless that is accepted', () => {
    const random = [candidate('a', 4, 0.25, { isRandom: true })];
    expect(chooseCandidate(random, RULES)).toMatchObject({ chosen: 'original', because: { code: 'RANDOM_DATA' } });
    expect(chooseCandidate(random, { ...RULES, acceptRandomData: true }).chosen).toBe('a');
  });

  test('is the original when no candidate pays', () => {
    expect(chooseCandidate([candidate('slow', 0.8, 0.25), candidate('same', 1.04, 1)], RULES)).toMatchObject({
      chosen: 'original',
      because: { code: 'NO_GAIN', args: { id: 'slow' } },
      reason: expect.stringContaining('0.80× as fast'),
    });
  });

  test('takes what is faster, or smaller without being slower', () => {
    expect(chooseCandidate([candidate('fast', 1.06, 1.1)], RULES).chosen).toBe('fast');
    expect(chooseCandidate([candidate('small', 0.98, 0.5)], RULES).chosen).toBe('small');
    expect(chooseCandidate([candidate('small', 0.96, 0.5)], RULES).chosen).toBe('original');
  });

  test('takes the largest product of speed and shrinkage, then the smaller, then the first by name', () => {
    const many = [candidate('a', 2, 0.5), candidate('b', 1.5, 0.25), candidate('c', 3, 0.9)];
    expect(chooseCandidate(many, RULES)).toMatchObject({ chosen: 'b', because: { code: 'BEST_GAIN' } });
    expect(chooseCandidate([candidate('a', 2, 0.5), candidate('b', 1.2, 0.3)], RULES).chosen).toBe('b');
    expect(chooseCandidate([candidate('b', 2, 0.5), candidate('a', 2, 0.5)], RULES).chosen).toBe('a');
  });

  test('passes over a candidate that does not pay, however small it is', () => {
    expect(chooseCandidate([candidate('tiny', 0.5, 0.1), candidate('fast', 2, 0.9)], RULES).chosen).toBe('fast');
  });
});

describe('times', () => {
  test('no values have no percentile', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  test('percentiles lie between neighbours as those of NumPy', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(percentile([4, 1, 3, 2], 0.95)).toBeCloseTo(3.85, 12);
    expect(percentile([7], 0.95)).toBe(7);
    expect(percentile([10, 9, 1], 0)).toBe(1);
    expect(median([10, 9, 1])).toBe(9);
  });

  test('are taken in pairs that take turns, after a warm-up, and the speedup is the median of the ratios', async () => {
    let now = 0;
    const clock = { now: () => new Date(0), monotonicMs: () => now };
    const order: string[] = [];
    const model = (id: string, durationMs: number) => ({
      run: async () => {
        order.push(id);
        now += durationMs;
        return {};
      },
    });
    const { signal } = new AbortController();
    const pairs: number[] = [];
    const onPair = (done: number) => pairs.push(done);
    const latency = await measureLatency(model('o', 6), model('c', 2), [{}], {
      runs: 4,
      threads: 2,
      clock,
      signal,
      onPair,
    });
    expect(latency).toEqual({
      original: { p50Ms: 6, p95Ms: 6 },
      candidate: { p50Ms: 2, p95Ms: 2 },
      speedup: 3,
      threads: 2,
      runs: 4,
    });
    expect(order.slice(-8).join('')).toBe('occoocco');
    expect(order).toHaveLength(14);
    expect(pairs).toEqual([1, 2, 3, 4]);
  });

  test('stop when the signal says so', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    const runner = { run: async () => ({}) };
    const options = {
      runs: 3,
      threads: 1,
      clock: { now: () => new Date(), monotonicMs: () => 0 },
      signal: stop.signal,
    };
    await expect(measureLatency(runner, runner, [{}], options)).rejects.toThrow('stopped');
  });
});
