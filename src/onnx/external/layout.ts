/** Where each tensor lies in the data files: offsets that can be mapped into memory, and a new file where one is full. */

export interface LayoutOptions {
  /** Tensors of at least this size begin at a multiple of it. A power of two. */
  readonly alignBytes: number;
  /** A data file ends before a tensor that would make it larger; a tensor beyond it has a file of its own. */
  readonly splitBytes?: number;
}

/**
 * One page: ONNX's ExternalData.md asks for it so that files can be mapped, and ONNX Runtime aligns to it when it writes.
 * Windows maps at multiples of 64 KiB.
 */
export const PAGE_BYTES = 4096;
/** Smaller tensors begin at a cache line, which is how ONNX Runtime aligns what it allocates. */
const LINE_BYTES = 64;

export interface Place {
  /** Index of the data file. */
  readonly file: number;
  readonly offset: number;
}

/** Places tensors of the given sizes, in this order. */
export function placeTensors(sizes: readonly number[], options: LayoutOptions): Place[] {
  const { alignBytes, splitBytes = Number.POSITIVE_INFINITY } = options;
  let file = 0;
  let end = 0;
  return sizes.map((sizeBytes) => {
    let offset = aligned(end, sizeBytes < alignBytes ? Math.min(alignBytes, LINE_BYTES) : alignBytes);
    if (end > 0 && offset + sizeBytes > splitBytes) {
      file += 1;
      offset = 0;
    }
    end = offset + sizeBytes;
    return { file, offset };
  });
}

function aligned(position: number, alignBytes: number): number {
  return Math.ceil(position / alignBytes) * alignBytes;
}

/**
 * `model.onnx_data`, then `model.onnx_data_1` and so on: the names that Hugging Face's exporters give and that
 * transformers.js looks for.
 */
export function dataFileName(name: string, file: number): string {
  return file === 0 ? name : `${name}_${file}`;
}

export function defaultDataFile(modelFile: string): string {
  return `${modelFile}_data`;
}
