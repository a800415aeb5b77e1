/** Bounds of the latency histogram that the server will really have: those of config.pbtxt where it can be read. */
import { hasLatencyHistogram } from '../runtime/releases/triton.ts';
import type { ServiceFiles } from './artifact.ts';
import { latencyBoundsMs } from './latency.ts';
import { configFile } from './layout.ts';
import type { ServiceFacts } from './service-facts.ts';
import { histogramBuckets } from './triton/check-config.ts';
import { readConfig, TextFormatError } from './triton/read-config.ts';

/** Empty when this release of Triton has no such histogram. */
export function servedBoundsMs(files: ServiceFiles, facts: ServiceFacts): readonly number[] {
  if (!hasLatencyHistogram(facts.serving.tritonTag)) return [];
  const text = files.get(configFile(facts));
  if (text === undefined) return latencyBoundsMs(facts);
  try {
    return histogramBuckets(readConfig(text).config);
  } catch (error) {
    if (error instanceof TextFormatError) return latencyBoundsMs(facts);
    throw error;
  }
}
