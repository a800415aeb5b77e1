/** The SHA-1 that a model may name for a data file. It guards against mix-ups and not against an attacker. */
import { createHash } from 'node:crypto';
import { tiles } from '../../onnx/bytes.ts';
import type { ExternalFile } from '../../onnx/external/inspect.ts';

/** Complaints about checksums; each file is read once, however many tensors name it. */
export class Checksums {
  readonly #digests = new Map<string, string | undefined>();
  readonly #told = new Set<string>();
  readonly #spend: (bytes: number) => boolean;

  /** @param spend true when so many bytes may be read still */
  constructor(spend: (bytes: number) => boolean) {
    this.#spend = spend;
  }

  /**
   * What is wrong, and whether that is only that nobody looked; undefined when the file has the checksum, and when the
   * same was said of another tensor already.
   */
  complaint(file: ExternalFile, checksum: string): { readonly what: string; readonly isSkipped: boolean } | undefined {
    const key = `${checksum}\0${file.path}`;
    if (this.#told.has(key)) return undefined;
    this.#told.add(key);
    if (!/^[0-9a-f]{40}$/i.test(checksum)) {
      return { what: 'has a checksum that is not a SHA-1 in hexadecimal digits', isSkipped: false };
    }
    const found = this.#digest(file);
    if (found === undefined) {
      const what = `was not compared with its checksum: ${file.sizeBytes} bytes are only read with --deep`;
      return { what, isSkipped: true };
    }
    if (found === checksum.toLowerCase()) return undefined;
    return { what: `has the SHA-1 ${found}, but the model says ${checksum}`, isSkipped: false };
  }

  #digest({ path, sizeBytes }: ExternalFile): string | undefined {
    if (!this.#digests.has(path)) {
      this.#digests.set(path, this.#spend(sizeBytes) ? sha1(path, sizeBytes) : undefined);
    }
    return this.#digests.get(path);
  }
}

function sha1(path: string, length: number): string {
  const hash = createHash('sha1');
  for (const tile of tiles({ path, offset: 0, length })) hash.update(tile);
  return hash.digest('hex');
}
