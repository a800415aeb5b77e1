/** The classes that rows name: all of them, or none. */
import { NimifyError } from '../../../base/errors.ts';
import type { TensorInfo } from '../../../onnx/value-info.ts';
import type { Row } from './row-file.ts';
import { LABEL_KEYS } from './row-plan.ts';

/** Names that a message lists. */
const MOST_TOLD = 8;

/** Indices of classes, or their names where the model has them. An input of such a key is no label. */
export class Labels {
  readonly #keys: readonly string[];
  readonly #names: ReadonlyMap<string, number>;
  readonly #labels: number[] = [];
  #rows = 0;

  /** @param names of the classes of the model, empty where they are not known */
  constructor(inputs: readonly TensorInfo[], names: ReadonlyMap<string, number>) {
    this.#names = names;
    this.#keys = LABEL_KEYS.filter((key) => !inputs.some(({ name }) => name === key));
  }

  /** @throws NimifyError DATA_MISMATCH for a label that is no class, or is missing where other rows have one */
  add(row: Row): void {
    const key = this.#keys.find((name) => Object.hasOwn(row.values, name));
    if (this.#rows > 0 && this.#labels.length > 0 !== (key !== undefined)) {
      throw mismatch(
        row,
        key === undefined ? 'has no label, and the rows before have one' : 'has a label, and the rows before have none',
      );
    }
    this.#rows += 1;
    if (key === undefined) return;
    const value = row.values[key];
    const label = this.#indexOf(value);
    if (label === undefined) {
      const known =
        this.#names.size === 0 ? '' : ` or one of ${[...this.#names.keys()].slice(0, MOST_TOLD).join(', ')}`;
      throw mismatch(row, `has the ${key} ${JSON.stringify(value)}, which is not the index of a class${known}`);
    }
    this.#labels.push(label);
  }

  #indexOf(value: unknown): number | undefined {
    if (typeof value !== 'string') return Number.isSafeInteger(value) ? (value as number) : undefined;
    const text = value.trim();
    return this.#names.get(text) ?? (/^-?\d+$/.test(text) ? Number(text) : undefined);
  }

  /** In the order of the rows; undefined where they have none. */
  result(): readonly number[] | undefined {
    return this.#labels.length > 0 ? this.#labels : undefined;
  }
}

function mismatch({ place }: Row, what: string): NimifyError {
  return new NimifyError('DATA_MISMATCH', `${place} ${what}.`, {
    hint: 'Give every row the index of its class as label, or none of them.',
    details: { place },
  });
}
