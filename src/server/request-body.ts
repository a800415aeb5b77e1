/** The bytes of a request: decompressed, and cut where the JSON ends. */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { invalid, ProtocolError } from './protocol-error.ts';

/** Triton's default of --http-max-input-size; it holds for the compressed and for the decompressed body. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

export const HEADER_SIZE = 'inference-header-content-length';

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/** @throws ProtocolError 501 for an unknown encoding, 400 for damaged or too large data */
export async function decompress(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  const decode = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (decode === undefined) {
    throw new ProtocolError('unsupported', 'Unsupported compression type', { 'accept-encoding': 'gzip, deflate' });
  }
  try {
    return await decode(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : invalid(`Unable to decompress the request body: ${message}`);
  }
}

export function tooLarge(): ProtocolError {
  return invalid(`Request JSON size exceeds the maximum allowed value of ${MAX_BODY_BYTES} bytes`);
}

/** Undefined when the header is absent: the whole body is JSON. @throws ProtocolError 400 */
export function headerSizeOf(header: string | undefined, bodySizeBytes: number): number | undefined {
  if (header === undefined) return undefined;
  if (!/^-?\d+$/.test(header)) {
    throw invalid(`Unable to parse Inference-Header-Content-Length, got: ${header}`);
  }
  const sizeBytes = Number(header);
  if (sizeBytes < 0 || sizeBytes > bodySizeBytes) {
    throw invalid(`inference header size should be in range (0, ${bodySizeBytes}), got: ${header}`);
  }
  return sizeBytes;
}
