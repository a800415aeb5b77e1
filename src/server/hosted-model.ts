/** A model in the server: its state, its queue and its thread. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { openModel } from '../onnx/open.ts';
import type { Feeds } from '../runtime/feeds.ts';
import type { GuardLimits } from '../runtime/isolated/guard.ts';
import { type ModelWorker, startModelWorker, type WorkerResult } from './model-worker.ts';
import type { FailureReason, InferenceObserver } from './observer.ts';
import { ProtocolError } from './protocol-error.ts';
import type { ServedModel } from './served-model.ts';
import { makeSignature, type Signature } from './signature.ts';
import { Statistics } from './statistics.ts';
import { Turns } from './turns.ts';
import type { Tensors } from './worker-messages.ts';

export type ModelState = 'LOADING' | 'READY' | 'UNAVAILABLE';

/** One request that has passed every check. */
export interface Job<T> {
  readonly feeds: Feeds;
  readonly outputNames: readonly string[];
  /** 0 for a model without batching. */
  readonly batchSize: number;
  /** Asked when its turn comes: nobody computes for a client that has gone. */
  readonly isCanceled: () => boolean;
  /** Makes the response; its time is counted as compute_output. */
  readonly respond: (outputs: Tensors) => T;
}

export interface HostOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly guard?: Omit<GuardLimits, 'signal'>;
  readonly workerEntry?: URL;
}

/** A request that was accepted and did not get its answer. */
class RunFailure extends ProtocolError {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, kind: 'internal' | 'unavailable', message: string) {
    super(kind, message);
    this.reason = reason;
  }
}

interface TimedRun extends WorkerResult {
  readonly startedMs: number;
  readonly endedMs: number;
}

export class HostedModel {
  readonly served: ServedModel;
  readonly statistics: Statistics;
  /** Those who are told of every accepted request; the statistics are the first. */
  readonly observers: InferenceObserver[];
  readonly #options: HostOptions;
  readonly #turns = new Turns();
  #state: ModelState = 'LOADING';
  #reason = '';
  #loadMs = 0;
  #signature: Signature | undefined;
  #worker: ModelWorker | undefined;

  constructor(served: ServedModel, options: HostOptions) {
    this.served = served;
    this.#options = options;
    this.statistics = new Statistics(options.clock);
    this.observers = [this.statistics];
  }

  get state(): ModelState {
    return this.#state;
  }

  /** Why it is UNAVAILABLE; else empty. */
  get reason(): string {
    return this.#reason;
  }

  /** How long loading took; 0 before. */
  get loadMs(): number {
    return this.#loadMs;
  }

  /** Requests that wait for the runs before them. */
  get pendingCount(): number {
    return this.#turns.waitingCount;
  }

  /** @throws ProtocolError 503 while the model is not ready */
  get signature(): Signature {
    if (this.#state !== 'READY' || this.#signature === undefined) {
      const message = `Request for unknown model: '${this.served.name}' has no available versions`;
      throw new ProtocolError('unavailable', message);
    }
    return this.#signature;
  }

  /**
   * Checks the file, loads it in a thread of its own and makes the model ready.
   * @throws NimifyError of openModel, of openSession, or MODEL_NOT_SERVABLE
   */
  async load(): Promise<void> {
    const { threads, clock, guard, workerEntry } = this.#options;
    const startedMs = clock.monotonicMs();
    const { proto } = openModel(this.served.path);
    this.#worker = await startModelWorker({
      path: this.served.path,
      threads,
      onDeath: (reason) => this.#died(reason),
      ...(guard === undefined ? {} : { guard }),
      ...(workerEntry === undefined ? {} : { entry: workerEntry }),
    });
    this.#signature = makeSignature(this.#worker.session, proto.graph, this.served);
    this.#loadMs = clock.monotonicMs() - startedMs;
    this.#state = 'READY';
  }

  /**
   * Runs when the runs before it are done, and tells the observers how it went.
   * @throws ProtocolError 500 when ONNX Runtime fails, 503 when the model becomes unavailable before its turn
   */
  async infer<T>(job: Job<T>): Promise<T> {
    const { clock } = this.#options;
    const queuedMs = clock.monotonicMs();
    try {
      const run = await this.#turns.inTurn(() => this.#run(job));
      const response = job.respond(run.outputs);
      this.#succeeded(job.batchSize, queuedMs, run);
      return response;
    } catch (error) {
      const reason = error instanceof RunFailure ? error.reason : 'OTHER';
      for (const observer of this.observers) observer.failed(reason, clock.monotonicMs() - queuedMs);
      throw error;
    }
  }

  /** Waits for the run under way, then frees the session and the thread. */
  async close(): Promise<void> {
    if (this.#state === 'READY') this.#makeUnavailable('unloaded');
    await this.#worker?.close();
  }

  async #run(job: Job<unknown>): Promise<TimedRun> {
    const { clock } = this.#options;
    if (this.#state !== 'READY' || this.#worker === undefined) {
      throw new RunFailure('OTHER', 'unavailable', `model '${this.served.name}' is unavailable: ${this.#reason}`);
    }
    if (job.isCanceled()) throw new RunFailure('CANCELED', 'unavailable', 'the client closed the connection');
    const startedMs = clock.monotonicMs();
    const result = await this.#worker.run(job.feeds, job.outputNames).catch((error: Error) => {
      throw new RunFailure('BACKEND', 'internal', error.message);
    });
    return { ...result, startedMs, endedMs: clock.monotonicMs() };
  }

  #succeeded(batchSize: number, queuedMs: number, run: TimedRun): void {
    const nowMs = this.#options.clock.monotonicMs();
    const inference = {
      batchSize: Math.max(1, batchSize),
      requestMs: nowMs - queuedMs,
      queueMs: run.startedMs - queuedMs,
      computeInputMs: Math.max(0, run.endedMs - run.startedMs - run.inferMs),
      computeInferMs: run.inferMs,
      computeOutputMs: nowMs - run.endedMs,
    };
    for (const observer of this.observers) observer.succeeded(inference);
  }

  #died(reason: string): void {
    this.#makeUnavailable(`its thread ended: ${reason}`);
    const { name, version } = this.served;
    this.#options.log.error({ model: name, version, reason }, 'the thread of the model ended; the model is not ready');
  }

  #makeUnavailable(reason: string): void {
    this.#state = 'UNAVAILABLE';
    this.#reason = reason;
  }
}
