/** Statistics from the cache, or from a walk that then goes into the cache. The cache may fail in any way; the walk alone decides. */
import type { QuantizeDeps } from '../quantizer.ts';
import { type CalibrationSource, type KeyFacts, keyFacts, keyOn } from './cache.ts';
import { decodeNumbers, encodeNumbers } from './cached-values.ts';

/** What a walk gave, and where it ran. */
export interface Walked {
  readonly numbers: Float64Array;
  /** The execution provider. */
  readonly provider: string;
}

interface Wanted {
  readonly statistics: CalibrationSource['statistics'];
  /** How many numbers they are. */
  readonly count: number;
  /** Further facts that they depend on. */
  readonly of: readonly string[];
  walk(): Promise<Walked>;
}

/** Gives statistics as plain numbers, in an order that is the caller's. */
export class KeptStatistics {
  readonly #deps: QuantizeDeps;
  /** Undefined without a cache, or with one that does not work. */
  #facts: string | undefined;

  private constructor(deps: QuantizeDeps, facts: string | undefined) {
    this.#deps = deps;
    this.#facts = facts;
  }

  static async open(facts: KeyFacts, deps: QuantizeDeps): Promise<KeptStatistics> {
    // Samples that cannot be read end the walk, where the error is told.
    const key = deps.calibrationCache === undefined ? undefined : await keyFacts(facts).catch(() => undefined);
    return new KeptStatistics(deps, key);
  }

  async take(wanted: Wanted): Promise<Float64Array> {
    const { statistics } = wanted;
    const found = await this.#read(wanted);
    if (found instanceof Float64Array) {
      this.#deps.onCalibration?.({ statistics, isCached: true });
      return found;
    }
    const { numbers, provider } = await wanted.walk();
    const problem = (await this.#keep(numbers, provider, wanted)) ?? found;
    this.#deps.onCalibration?.({ statistics, isCached: false, ...(problem === undefined ? {} : { problem }) });
    return numbers;
  }

  /** @returns a sentence where there is something that cannot be used */
  async #read({ of, count }: Wanted): Promise<Float64Array | string | undefined> {
    if (this.#facts === undefined) return undefined;
    const key = keyOn(this.#deps.provider ?? 'cpu', this.#facts, ...of);
    let value: Uint8Array | undefined;
    try {
      value = await this.#deps.calibrationCache?.get(key);
    } catch (error) {
      return this.#giveUp(error);
    }
    try {
      return value === undefined ? undefined : decodeNumbers(key, value, count);
    } catch (error) {
      return `the entry ${key.slice(0, 12)} is not used: ${messageOf(error)}`;
    }
  }

  async #keep(numbers: Float64Array, provider: string, { of }: Wanted): Promise<string | undefined> {
    if (this.#facts === undefined) return undefined;
    const key = keyOn(provider, this.#facts, ...of);
    const value = encodeNumbers(key, numbers);
    if (value === undefined) return undefined;
    try {
      await this.#deps.calibrationCache?.put(key, value);
      return undefined;
    } catch (error) {
      return this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): string {
    this.#facts = undefined;
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
