/** The parent's end of a guarded process: one question at a time limit, and a clear error for each way to die. */
import { type ChildProcess, fork } from 'node:child_process';
import { NimifyError } from '../../base/errors.ts';
import { formatBytes, formatMs } from '../../base/units.ts';
import { guardedEnvironment } from './environment.ts';
import { type Answer, type FromChild, MEMORY_SIGNAL, type ToChild } from './messages.ts';

/** What a model from elsewhere may take. */
export interface GuardLimits {
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
  /** Resident memory of the process, ONNX Runtime's libraries included. */
  readonly memoryBytes: number;
  /** Ends the process, and what is being waited for, with its reason. */
  readonly signal?: AbortSignal;
}

interface Question {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** Of what the process wrote before it died, the end is kept. */
const KEPT_CHARACTERS = 2000;

export class Guard {
  readonly #limits: GuardLimits;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Question>();
  readonly #abort = (): void => this.#end(this.#limits.signal?.reason);
  #next = 0;
  #lastWords = '';
  /** Why nothing can be asked any more. */
  #death: { readonly error: unknown } | undefined;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
    this.#child = start();
    this.#child.on('message', (message: FromChild) => this.#hear(message));
    this.#child.on('error', (error) => this.#end(crashed(error.message, this.#lastWords)));
    this.#child.on('exit', (code, signal) => this.#end(this.#errorOf(code, signal)));
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#lastWords = (this.#lastWords + text.toString()).slice(-KEPT_CHARACTERS);
    });
    limits.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** @throws NimifyError RUNTIME_CRASHED, RUNTIME_TIMEOUT, RUNTIME_MEMORY, and what the process answers; an abort reason */
  ask(question: DistributiveOmit<ToChild, 'id'>, timeoutMs: number): Promise<Answer> {
    this.#limits.signal?.throwIfAborted();
    if (this.#death !== undefined) return Promise.reject(this.#death.error);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(tooSlow(question.type, timeoutMs)), timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#child.send({ ...question, id } as ToChild, (error) => {
        if (error !== null) this.#end(crashed(error.message, this.#lastWords));
      });
    });
  }

  close(): void {
    this.#end(new Error('The session was released.'));
  }

  #hear(message: FromChild): void {
    const question = this.#waiting.get(message.id);
    if (question === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(question.timer);
    if (message.type === 'done') question.resolve(message.answer);
    else question.reject(new NimifyError(message.code, message.message, message.hint ? { hint: message.hint } : {}));
  }

  /** The first reason counts: what comes after it follows from the kill. */
  #end(error: unknown): void {
    if (this.#death !== undefined) return;
    this.#death = { error };
    this.#limits.signal?.removeEventListener('abort', this.#abort);
    this.#child.kill('SIGKILL');
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }

  #errorOf(code: number | null, signal: NodeJS.Signals | null): NimifyError {
    if (signal === MEMORY_SIGNAL || signal === 'SIGKILL') {
      return new NimifyError(
        'RUNTIME_MEMORY',
        `ONNX Runtime took more than ${formatBytes(this.#limits.memoryBytes)} for this model and was stopped.`,
        { hint: 'If you trust the model, allow more: NIMIFY_RUNTIME_MEMORY_MIB=16384', details: { signal } },
      );
    }
    return crashed(signal === null ? `exit code ${code}` : signal, this.#lastWords);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** From the built package the script is JavaScript; from the sources it is TypeScript, which tsx runs. */
function start(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const script = new URL(isSource ? './child.ts' : './child.js', import.meta.url);
  return fork(script, {
    serialization: 'advanced',
    env: guardedEnvironment(),
    execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

function crashed(how: string, lastWords: string): NimifyError {
  return new NimifyError('RUNTIME_CRASHED', `ONNX Runtime crashed on this model (${how}).`, {
    hint: 'Do not load this model outside of a guarded process, and do not serve it.',
    details: { how, lastWords: lastWords.trim() },
  });
}

function tooSlow(what: 'open' | 'run', timeoutMs: number): NimifyError {
  const doing = what === 'open' ? 'load this model' : 'run this model';
  return new NimifyError('RUNTIME_TIMEOUT', `ONNX Runtime did not ${doing} within ${formatMs(timeoutMs)}.`, {
    hint:
      what === 'open'
        ? 'If you trust the model, wait longer: NIMIFY_RUNTIME_LOAD_TIMEOUT_SECONDS=600'
        : 'If you trust the model, wait longer: NIMIFY_RUNTIME_RUN_TIMEOUT_SECONDS=600',
    details: { timeoutMs },
  });
}
