/** How a message lay in its file where that differs from how it would be written anew. */

import type { Bytes } from './bytes.ts';

/** A field that the schema does not know: its tag and payload exactly as they were read, tag included. */
export interface UnknownField {
  readonly number: number;
  readonly bytes: Bytes;
}

export interface Layout {
  /** Field numbers in the order of the file, one entry per occurrence; only present when that order is not ascending. */
  readonly order?: readonly number[];
  readonly unknown?: readonly UnknownField[];
  /** Repeated numeric fields that were written in the other form (packed or one by one) than the schema says. */
  readonly flipped?: ReadonlySet<number>;
}
