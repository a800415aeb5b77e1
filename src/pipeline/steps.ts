/** Turns the stages of a use case into typed progress events. */
import { NimifyError } from '../base/errors.ts';
import type { PlannedStep, ReportProgress } from '../base/events.ts';
import type { PipelineDeps } from './requests.ts';

export class Steps {
  readonly #deps: PipelineDeps;

  constructor(deps: PipelineDeps, plan: readonly PlannedStep[]) {
    this.#deps = deps;
    deps.emit({ type: 'plan', steps: plan });
  }

  /**
   * Runs one stage. An abort that came in meanwhile ends it before its result is used.
   * @param summary one phrase about the result, shown behind the title
   */
  async run<T>(id: string, work: (report: ReportProgress) => Promise<T>, summary?: (result: T) => string): Promise<T> {
    const { emit, signal, clock } = this.#deps;
    signal.throwIfAborted();
    emit({ type: 'step-started', step: id });
    const start = clock.monotonicMs();
    try {
      const result = await work((done, total, unit, leftMs) => {
        emit({ type: 'step-progress', step: id, done, total, unit, ...(leftMs === undefined ? {} : { leftMs }) });
      });
      signal.throwIfAborted();
      const durationMs = clock.monotonicMs() - start;
      emit({ type: 'step-finished', step: id, durationMs, ...(summary && { summary: summary(result) }) });
      return result;
    } catch (error) {
      emit({ type: 'step-failed', step: id, code: error instanceof NimifyError ? error.code : codeOf(error) });
      throw error;
    }
  }

  skip(id: string, reason: string): void {
    this.#deps.emit({ type: 'step-skipped', step: id, reason });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && error.name === 'AbortError' ? 'INTERRUPTED' : 'BUG';
}
