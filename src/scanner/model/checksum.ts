/** The SHA-1 that a model may name for a data file. It guards against mix-ups and not against an attacker. */
import { createHash } from 'node:crypto';
import { tiles } from '../../onnx/bytes.ts';
import type { ExternalFile } from '../../onnx/external/inspect.ts';

/** @returns what is wrong, or undefined when the file has the checksum. */
export function verifyChecksum(file: ExternalFile, checksum: string, maxBytes: number): string | undefined {
  if (!/^[0-9a-f]{40}$/i.test(checksum)) return 'has a checksum that is not a SHA-1 in hexadecimal digits';
  if (file.sizeBytes > maxBytes) {
    return `was not compared with its checksum: ${file.sizeBytes} bytes are only read with --deep`;
  }
  const hash = createHash('sha1');
  for (const tile of tiles({ path: file.path, offset: 0, length: file.sizeBytes })) hash.update(tile);
  const found = hash.digest('hex');
  return found === checksum.toLowerCase() ? undefined : `has the SHA-1 ${found}, but the model says ${checksum}`;
}
