/** Sizing a service, with figures that can be checked by hand. */
import { describe, expect, test } from 'vitest';
import { arithmetic } from '../../../src/pipeline/sizing/arithmetic.ts';
import { batchSizes, repeated } from '../../../src/pipeline/sizing/measure.ts';
import { type SizingRequest, sizing, sizingOptions } from '../../../src/pipeline/sizing/plan.ts';

const CURVE = [
  { batchSize: 1, p50Ms: 4, p99Ms: 5 },
  { batchSize: 2, p50Ms: 6, p99Ms: 7 },
  { batchSize: 4, p50Ms: 10, p99Ms: 12 },
  { batchSize: 8, p50Ms: 18, p99Ms: 26 },
];
const REQUEST: SizingRequest = {
  latencyMs: 50,
  availabilityRatio: 0.999,
  requestsPerSecond: 1000,
  setups: [{ instanceCount: 1, threads: 2, batches: CURVE }],
  isBatched: true,
};

describe('the size of a service', () => {
  test('has the batch with the fewest pods among those within the objective', () => {
    const { option, replicas } = sizing(REQUEST);
    // A batch of 8 could take 52 ms: beyond the objective, however much it carries.
    expect(sizingOptions(REQUEST).map(({ isWithinObjective }) => isWithinObjective)).toEqual([true, true, true, false]);
    expect(option).toMatchObject({ batchSize: 4, capacityRps: 400, worstMs: 24 });
    // 1000 / (0.7 × 400) = 3.57
    expect(replicas).toBe(4);
  });

  test('lets a request wait no longer than the batch needs to fill, and than half of the time left', () => {
    // 250 requests per second and pod: 3 more arrive in 12 ms; half of 50 − 24 is 13.
    expect(sizing(REQUEST).maxQueueDelayUs).toBe(12_000);
    expect(sizing({ ...REQUEST, latencyMs: 30 }).maxQueueDelayUs).toBe(3000);
  });

  test('refuses what would be answered too late anyway', () => {
    // 400 requests per second, in 50 − 12 − 12 ms.
    expect(sizing(REQUEST).maxQueueSize).toBe(10);
    expect(sizing({ ...REQUEST, latencyMs: 26 }).maxQueueSize).toBeGreaterThanOrEqual(4);
  });

  test('takes more instances where those carry more, and the quicker batch of equals', () => {
    const single = CURVE.map((figures) => ({ ...figures, p50Ms: figures.p50Ms * 1.2, p99Ms: figures.p99Ms * 1.2 }));
    const setups = [...REQUEST.setups, { instanceCount: 2, threads: 1, batches: single }];
    expect(sizing({ ...REQUEST, setups })).toMatchObject({ instanceCount: 2, maxBatchSize: 2, replicas: 3 });
  });

  test('keeps a second pod from an availability of 99 % on', () => {
    expect(sizing({ ...REQUEST, requestsPerSecond: 1 }).replicas).toBe(2);
    expect(sizing({ ...REQUEST, requestsPerSecond: 1, availabilityRatio: 0.95 }).replicas).toBe(1);
  });

  test('takes the quickest where nothing is within the objective, and says so', () => {
    const { option, maxQueueDelayUs } = sizing({ ...REQUEST, latencyMs: 3 });
    expect(option).toMatchObject({ batchSize: 1, isWithinObjective: false });
    expect(maxQueueDelayUs).toBe(0);
  });

  test('never waits for others where the model takes one request at a time', () => {
    const setups = [{ instanceCount: 1, threads: 2, batches: CURVE.slice(0, 1) }];
    expect(sizing({ ...REQUEST, isBatched: false, setups })).toMatchObject({ maxBatchSize: 1, maxQueueDelayUs: 0 });
  });

  test('shows its arithmetic', () => {
    const lines = arithmetic(REQUEST, sizing(REQUEST));
    expect(lines.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'worst wait 24 ms',
      'capacity of a pod 400 requests/s',
      'replicas 4',
      'maxQueueDelayUs 12000',
      'maxQueueSize 10',
      'pendingTarget 5',
    ]);
    expect(lines[2]?.because).toBe('1000 / (0.7 × 400) = 3.57, rounded up');
  });
});

describe('batches for a measurement', () => {
  test('double up to the largest', () => {
    expect(batchSizes(0)).toEqual([1]);
    expect(batchSizes(1)).toEqual([1]);
    expect(batchSizes(12)).toEqual([1, 2, 4, 8, 12]);
    expect(batchSizes(64)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });

  test('repeat the first row of a request, numbers and texts alike', () => {
    const feeds = {
      x: { dataType: 'float32', dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
      words: { dataType: 'string', dims: [1, 1], data: ['a'] },
    } as const;
    const batch = repeated(feeds as never, 3, true);
    expect(batch.x).toMatchObject({ dims: [3, 2], data: new Float32Array([1, 2, 1, 2, 1, 2]) });
    expect(batch.words).toMatchObject({ dims: [3, 1], data: ['a', 'a', 'a'] });
    expect(repeated(feeds as never, 3, false)).toBe(feeds);
  });
});
