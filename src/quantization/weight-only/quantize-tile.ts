/** A part of a matrix that lies in the memory of the kernel as float32, strip by strip. */
import { type BlockScale, type ScaleScheme, scaleOf } from './block-scales.ts';
import type { BlockTable } from './block-table.ts';
import { ROW_STEP, STRIP_PITCH } from './kernel/functions.ts';
import { blockKernel, type Kernel, STRIP_COLUMNS } from './kernel/kernel.ts';

/** Rows are a whole number of blocks, as far as the matrix has them. */
export interface Tile {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** True where the values lie as [columns, rows]. */
  readonly isTransposed: boolean;
}

/** One block of each of a few columns, the values as [rows, columns], `pitch` bytes from row to row. */
interface Strip {
  readonly from: number;
  readonly pitch: number;
  readonly rowCount: number;
  readonly block: number;
  readonly firstColumn: number;
  readonly columnCount: number;
}

/** @returns false when a value is NaN or infinite */
export function quantizeTile(tile: Tile, table: BlockTable, scheme: ScaleScheme): boolean {
  const kernel = blockKernel();
  for (let row = 0; row < tile.rowCount; row += scheme.blockSize) {
    for (let column = 0; column < tile.columnCount; column += STRIP_COLUMNS) {
      const strip = stripAt(kernel, tile, row, column, scheme.blockSize);
      if (!quantizeStrip(kernel, strip, table, scheme)) return false;
    }
  }
  return true;
}

function stripAt(kernel: Kernel, tile: Tile, row: number, column: number, blockSize: number): Strip {
  const rowCount = Math.min(blockSize, tile.rowCount - row);
  const columnCount = Math.min(STRIP_COLUMNS, tile.columnCount - column);
  const block = (tile.firstRow + row) / blockSize;
  const place = { rowCount, block, firstColumn: tile.firstColumn + column, columnCount };
  if (!tile.isTransposed) {
    const pitch = tile.columnCount * 4;
    return { ...place, from: kernel.at.tile + row * pitch + column * 4, pitch };
  }
  const pitch = tile.rowCount * 4;
  kernel.transpose(kernel.at.tile + column * pitch + row * 4, pitch, kernel.at.strip, rowCount, columnCount);
  return { ...place, from: kernel.at.strip, pitch: STRIP_PITCH };
}

function quantizeStrip(kernel: Kernel, strip: Strip, table: BlockTable, scheme: ScaleScheme): boolean {
  const { at } = kernel;
  const { from, pitch, columnCount } = strip;
  const rows = padRows(kernel, strip);
  kernel.measure(from, pitch, rows, columnCount, at.low, at.high);
  if (!placeScales(kernel, strip, table, scheme)) return false;
  const pack = scheme.bits === 4 ? kernel.pack4 : kernel.pack8;
  pack(from, pitch, rows, columnCount, at.inverse, at.zero, at.packed, table.blockBytes);
  placeIntegers(kernel, strip, table, scheme);
  return true;
}

/**
 * Repeats a row until the kernel can take all: the last but one, as no kernel of MatMulNBits reads the upper half of a byte
 * behind a lone last row, and MLAS leaves that of the byte before in it.
 */
function padRows({ bytes }: Kernel, { from, pitch, rowCount, columnCount }: Strip): number {
  const rows = Math.ceil(rowCount / ROW_STEP) * ROW_STEP;
  const repeated = from + Math.max(rowCount - 2, 0) * pitch;
  for (let row = rowCount; row < rows; row += 1) {
    bytes.copyWithin(from + row * pitch, repeated, repeated + columnCount * 4);
  }
  return rows;
}

const found: BlockScale = { scale: 0, zeroPoint: 0 };

function placeScales(kernel: Kernel, strip: Strip, table: BlockTable, scheme: ScaleScheme): boolean {
  const { low, high, inverse, zero } = kernel;
  let at = strip.firstColumn * table.blocks + strip.block;
  for (let c = 0; c < strip.columnCount; c += 1, at += table.blocks) {
    if (!scaleOf(low[c] as number, high[c] as number, scheme, found)) return false;
    table.scales[at] = found.scale;
    table.zeroPoints[at] = found.zeroPoint;
    inverse[c] = found.scale === 0 ? 0 : 1 / found.scale;
    zero[c] = found.zeroPoint;
  }
  return true;
}

function placeIntegers(kernel: Kernel, strip: Strip, table: BlockTable, { bits, blockSize }: ScaleScheme): void {
  const { firstColumn, columnCount, block, rowCount } = strip;
  if (rowCount === blockSize) {
    placeBlocks(kernel, strip, table);
    return;
  }
  const length = Math.ceil((rowCount * bits) / 8);
  for (let c = 0; c < columnCount; c += 1) {
    const from = kernel.at.packed + c * table.blockBytes;
    const to = ((firstColumn + c) * table.blocks + block) * table.blockBytes;
    table.packed.set(kernel.bytes.subarray(from, from + length), to);
    if (bits === 4 && rowCount === 1) table.packed[to] = upperOfLast(table.packed, to);
  }
}

/** Word by word: they are too short for anything that must be called. */
function placeBlocks({ words, at }: Kernel, strip: Strip, table: BlockTable): void {
  const target = new Int32Array(table.packed.buffer);
  const length = table.blockBytes / 4;
  const step = table.blocks * length;
  let from = at.packed / 4;
  let start = strip.firstColumn * step + strip.block * length;
  for (let c = 0; c < strip.columnCount; c += 1, start += step) {
    for (let to = start; to < start + length; to += 1, from += 1) target[to] = words[from] as number;
  }
}

/** A lone row has the byte before in the block before, or in the column before where that is empty. */
function upperOfLast(packed: Uint8Array, at: number): number {
  return ((packed[at] as number) & 0x0f) | ((packed[at - 1] ?? 0) & 0xf0);
}
