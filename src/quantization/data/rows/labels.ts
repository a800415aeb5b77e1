/** The classes that rows name: all of them, or none. */
import { NimifyError } from '../../../base/errors.ts';
import type { TensorInfo } from '../../../onnx/value-info.ts';
import type { Row } from './row-file.ts';
import { LABEL_KEYS } from './row-plan.ts';

/** An input of such a name is no label. */
export class Labels {
  readonly #keys: readonly string[];
  readonly #labels: number[] = [];
  #rows = 0;

  constructor(inputs: readonly TensorInfo[]) {
    this.#keys = LABEL_KEYS.filter((key) => !inputs.some(({ name }) => name === key));
  }

  /** @throws NimifyError DATA_MISMATCH for a label that is no whole number, or is missing where other rows have one */
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
    const label = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (!Number.isSafeInteger(label)) {
      throw mismatch(row, `has the ${key} ${JSON.stringify(value)}, which is not the index of a class`);
    }
    this.#labels.push(label as number);
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
