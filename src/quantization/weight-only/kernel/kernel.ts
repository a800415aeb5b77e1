/** The functions of the kernel and their memory: made at first use, one for all matrices. */

import { wasmModule } from './assembler.ts';
import { decode, measure, pack, ROW_STEP, STRIP_PITCH, transpose } from './functions.ts';

/** Columns that are computed side by side: what they need stays in the cache. */
export const STRIP_COLUMNS = 256;

/** float32 values that are read at once. */
export const TILE_VALUES = 1 << 20;

/** A vector may begin at the last value. */
const SLACK = 16;
const MOST_ROWS = 256;
const VALUES = STRIP_COLUMNS * 4 + SLACK;

/** What lies in the memory, and its size. */
const SIZES = {
  low: VALUES,
  high: VALUES,
  inverse: VALUES,
  zero: VALUES,
  packed: (STRIP_COLUMNS + 3) * MOST_ROWS,
  strip: (MOST_ROWS + ROW_STEP) * STRIP_PITCH,
  tile: TILE_VALUES * 4 + SLACK,
} as const;

const PAGE = 1 << 16;

interface Functions {
  decode(from: number, to: number, count: number): void;
  transpose(from: number, pitch: number, to: number, rows: number, columns: number): void;
  measure(from: number, pitch: number, rows: number, columns: number, low: number, high: number): void;
  readonly pack4: Pack;
  readonly pack8: Pack;
}

type Pack = (
  from: number,
  pitch: number,
  rows: number,
  columns: number,
  inverse: number,
  zero: number,
  to: number,
  columnBytes: number,
) => void;

export interface Kernel extends Functions {
  /** Where each part of the memory begins. */
  readonly at: Readonly<Record<keyof typeof SIZES, number>>;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** One value for each column of a strip. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly inverse: Float32Array;
  readonly zero: Float32Array;
}

/** As much of the global as is used here: the types of Node do not have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

let made: Kernel | undefined;

export function blockKernel(): Kernel {
  made ??= makeKernel();
  return made;
}

function makeKernel(): Kernel {
  const { at, pages } = layout();
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const code = wasmModule({ decode, transpose, measure, pack4: pack(4), pack8: pack(8) }, pages);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const { buffer } = memory;
  const column = (part: keyof typeof SIZES) => new Float32Array(buffer, at[part], STRIP_COLUMNS);
  return {
    ...(exports as Functions),
    at,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    low: column('low'),
    high: column('high'),
    inverse: column('inverse'),
    zero: column('zero'),
  };
}

function layout(): { at: Kernel['at']; pages: number } {
  let end = 0;
  const places = Object.entries(SIZES).map(([part, size]) => {
    const start = end;
    end += Math.ceil(size / 64) * 64;
    return [part, start];
  });
  return { at: Object.fromEntries(places) as Kernel['at'], pages: Math.ceil(end / PAGE) };
}
