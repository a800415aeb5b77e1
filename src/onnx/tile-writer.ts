/** Writes bytes, ranges of files and bytes in the making to a file through one buffer: no more than that is in memory, however much flows. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { readError } from '../base/errors.ts';
import { type Bytes, type FileRange, isFileRange, isProduced, shorter, TILE_BYTES } from './bytes.ts';

export interface TileWriterOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears of each piece that has arrived in the file. */
  readonly onWritten?: ((bytes: number) => void) | undefined;
  /** Nobody needs the file after a crash: it is not flushed to the disk, which is most of the time of a large one. */
  readonly isTemporary?: boolean | undefined;
}

export class TileWriter {
  readonly #options: TileWriterOptions;
  readonly #buffer = Buffer.allocUnsafe(TILE_BYTES);
  #target: FileHandle | undefined;
  #filled = 0;
  #written = 0;
  /** The file that was read last stays open: neighbours mostly lie in one file. */
  #source: { readonly path: string; readonly file: number } | undefined;

  constructor(options: TileWriterOptions = {}) {
    this.#options = options;
  }

  /** Creates the file, lets `fill` write it from the beginning, and flushes it. */
  async write(path: string, fill: () => Promise<void>): Promise<void> {
    this.#target = await open(path, 'wx');
    this.#written = 0;
    try {
      await fill();
      await this.#flush();
      if (!this.#options.isTemporary) await this.#target.sync();
    } finally {
      this.#filled = 0;
      await this.#target.close();
      this.#target = undefined;
    }
  }

  async append(bytes: Bytes): Promise<void> {
    if (isFileRange(bytes)) return this.#appendRange(bytes);
    if (isProduced(bytes)) {
      for (const piece of bytes.produce()) await this.append(piece);
      return;
    }
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + (await this.#room()));
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
    }
  }

  /** Zeros up to the position, which is one that has not been passed. */
  async padTo(position: number): Promise<void> {
    while (this.#written + this.#filled < position) {
      const missing = position - this.#written - this.#filled;
      const end = this.#filled + Math.min(await this.#room(), missing);
      this.#buffer.fill(0, this.#filled, end);
      this.#filled = end;
    }
  }

  close(): void {
    if (this.#source !== undefined) closeSync(this.#source.file);
    this.#source = undefined;
  }

  async #appendRange(range: FileRange): Promise<void> {
    const file = this.#open(range.path);
    for (let done = 0; done < range.length; ) {
      const wanted = Math.min(await this.#room(), range.length - done);
      const got = read(range.path, () => readSync(file, this.#buffer, this.#filled, wanted, range.offset + done));
      if (got === 0) throw shorter(range);
      this.#filled += got;
      done += got;
    }
  }

  #open(path: string): number {
    if (this.#source?.path !== path) {
      this.close();
      this.#source = { path, file: read(path, () => openSync(path, 'r')) };
    }
    return this.#source.file;
  }

  /** Free bytes of the buffer, at least one. */
  async #room(): Promise<number> {
    if (this.#filled === this.#buffer.length) await this.#flush();
    return this.#buffer.length - this.#filled;
  }

  async #flush(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    for (let done = 0; done < this.#filled; ) {
      const target = this.#target as FileHandle;
      done += (await target.write(this.#buffer, done, this.#filled - done)).bytesWritten;
    }
    this.#written += this.#filled;
    this.#options.onWritten?.(this.#filled);
    this.#filled = 0;
  }
}

function read<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw readError(error, path);
  }
}
