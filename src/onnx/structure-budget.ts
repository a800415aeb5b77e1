/**
 * How much memory the structure of one model may take. Two bytes of a file can ask for hundreds in memory (an empty
 * message, an empty string), so everything that is made of a file is charged before it is made.
 */
import { NimifyError } from '../base/errors.ts';

/** A graph of 100,000 nodes with the types of all its tensors stays below it. */
const MAX_STRUCTURE_BYTES = 128 << 20;

/** Longest name, type or symbol: real ones have a few hundred bytes. */
export const MAX_NAME_BYTES = 64 << 10;
/** Longest doc string, metadata value or text attribute. */
export const MAX_TEXT_BYTES = 64 << 20;

/** Bytes of the heap of V8, as measured with Node 20 and 22 (64-bit, without pointer compression). */
export const COST = {
  /** An occurrence of a field: its place in the record of the order. */
  field: 24,
  message: 80,
  /** Each list of a message, empty or not. */
  list: 32,
  /** Besides its characters. */
  text: 32,
  /** A Uint8Array, besides its bytes. */
  bytes: 200,
  /** A number or reference in a list: a list that grows stands twice, with spare room, while it is copied. */
  element: 32,
  /** An element of a packed list that was written alone. */
  looseElement: 16,
  bigint: 32,
  unknownField: 280,
} as const;

export class StructureBudget {
  #left = MAX_STRUCTURE_BYTES;

  /** @throws NimifyError MODEL_LIMIT */
  charge(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw beyondLimit(`more structure than ${MAX_STRUCTURE_BYTES >> 20} MiB hold`);
  }
}

export function beyondLimit(what: string): NimifyError {
  return new NimifyError('MODEL_LIMIT', `The model has ${what}.`, {
    hint: 'No real model is known to need this; do not trust the file.',
  });
}
