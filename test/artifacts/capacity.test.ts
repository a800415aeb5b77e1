/** How long a server may take to start, from a guess or from what was measured. */
import { describe, expect, test } from 'vitest';
import { startupSeconds } from '../../src/artifacts/capacity.ts';
import { chartValues } from '../../src/artifacts/helm/values.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { FIXTURES } from './fixtures.ts';

const { text, faces } = FIXTURES as { text: ServiceFacts; faces: ServiceFacts };

function measured(facts: ServiceFacts, loadMs: number | null, serving: Partial<ServiceFacts['serving']> = {}) {
  const batches = [{ batchSize: 1, p50Ms: 400, p99Ms: 500 }];
  const values = { hardware: 'here', memoryMiB: null, threads: 1, batches, loadMs };
  return { ...facts, measured: values, serving: { ...facts.serving, ...serving } };
}

describe('the time to start', () => {
  test('is two minutes at least while nothing was measured, and more for a large model', () => {
    expect(startupSeconds(faces)).toBe(120);
    expect(startupSeconds(measured(faces, null))).toBe(120);
    expect(startupSeconds(text)).toBe(460);
  });

  test('is what was measured, for each instance, with one item and one full batch to warm up', () => {
    // 2 instances × (40 s + 17 items × 0.5 s) = 97 s
    expect(startupSeconds(measured(text, 40_000))).toBe(100);
    expect(startupSeconds(measured(faces, 10))).toBe(30);
  });

  test('has room for the engines that TensorRT builds', () => {
    expect(startupSeconds(measured(faces, 10, { accelerator: 'tensorrt' }))).toBe(330);
  });

  test('is allowed three times by the startup probe, and the rollout waits longer than that', () => {
    const { probes, progressDeadlineSeconds } = chartValues(measured(text, 40_000));
    const budget = probes.startup.periodSeconds * probes.startup.failureThreshold;
    expect(budget).toBe(300);
    expect(progressDeadlineSeconds).toBeGreaterThan(budget);
  });
});
