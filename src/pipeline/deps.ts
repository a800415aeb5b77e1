/** What use cases need besides their request, for programs that import nimify. */
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import type { Config } from '../config/schema.ts';
import type { PipelineDeps } from './requests.ts';

/**
 * Silent, and never aborted, unless told otherwise: `emit` gets progress events, `signal` ends the work.
 * @param config made by `makeConfig`
 */
export function pipelineDeps(config: Config, given: Partial<Omit<PipelineDeps, 'config'>> = {}): PipelineDeps {
  const { signal } = new AbortController();
  return { emit: () => {}, signal, clock: systemClock, log: silentLog, ...given, config };
}
