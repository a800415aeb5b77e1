/** One model against its original on the same samples: the figures of the table, the same for both sides. */
import { statSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.ts';
import { measureLatency } from '../../../src/evaluation/latency.ts';
import { openData } from '../../../src/quantization/data/open.ts';
import type { Feeds, SampleSet } from '../../../src/runtime/feeds.ts';
import { openSession, type RuntimeSession } from '../../../src/runtime/session.ts';

export interface Figures {
  readonly sqnrDb: number;
  /** Of the largest value of the whole first output: a label, or the best box. */
  readonly agreement: number;
  readonly speedup: number;
  readonly sizeBytes: number;
}

async function load(path: string, session: RuntimeSession): Promise<SampleSet> {
  const image = { mean: null, std: null, channels: null, config: null };
  const others = {
    audio: { sampleRate: null, frameSamples: null, contextSamples: null },
    text: { tokenizer: null, maxTokens: null },
  };
  return openData({ path, bind: {} }, session.inputs, {
    image,
    ...others,
    seed: 0,
    modelPath: path,
    model: session,
  } as never);
}

export async function figuresOf(original: string, candidate: string, data: string, runs = 200): Promise<Figures> {
  const [first, second] = [await openSession(original, { threads: 1 }), await openSession(candidate, { threads: 1 })];
  const sums = { signal: 0, noise: 0, samples: 0, agreeing: 0 };
  const kept: Feeds[] = [];
  for await (const feeds of (await load(data, first)).samples()) {
    const [expected, found] = [await first.run(feeds), await second.run(feeds)];
    for (const [index, { name }] of first.outputs.entries()) {
      const [a, b] = [expected[name]?.data, found[name]?.data] as [Float32Array, Float32Array];
      for (let i = 0; i < a.length; i += 1) {
        sums.signal += (a[i] as number) ** 2;
        sums.noise += ((a[i] as number) - (b[i] as number)) ** 2;
      }
      if (index === 0 && argmax(a) === argmax(b)) sums.agreeing += 1;
    }
    sums.samples += 1;
    if (kept.length < 4) kept.push(feeds);
  }
  const { signal } = new AbortController();
  const latency = await measureLatency(first, second, kept, { runs, threads: 1, clock: systemClock, signal });
  await first.release();
  await second.release();
  return {
    sqnrDb: 10 * Math.log10(sums.signal / sums.noise),
    agreement: sums.agreeing / sums.samples,
    speedup: latency.speedup,
    sizeBytes: statSync(candidate).size,
  };
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
