/** The elements of a BYTES tensor in binary form: each behind its length (u32, little-endian). */
import { invalid } from './protocol-error.ts';

/** What the messages about an input name. */
export interface InputPlace {
  readonly input: string;
  readonly model: string;
  /** `[request id: …] `, which Triton's core puts before its own messages. */
  readonly prefix: string;
}

/** onnxruntime-node silently cuts strings there, so that such requests are refused. */
export const NUL = '\0';

export function cutAtNul(input: string): string {
  return `input '${input}' holds a NUL character, which ONNX Runtime for Node cannot carry`;
}

/** @throws ProtocolError 400 when there are not `count` whole elements, or one is not UTF-8 or holds NUL */
export function decodeStrings(bytes: Buffer, count: number, place: InputPlace): string[] {
  const where = `for inference input '${place.input}' for model '${place.model}'`;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  for (const element of elements(bytes, where, place.prefix)) {
    if (texts.length === count) {
      throw invalid(`${place.prefix}unexpected number of string elements ${count + 1} ${where}, expecting ${count}`);
    }
    texts.push(decode(decoder, element, place));
  }
  if (texts.length !== count) {
    throw invalid(`${place.prefix}expected ${count} string elements ${where}, got ${texts.length}`);
  }
  return texts;
}

function* elements(bytes: Buffer, where: string, prefix: string): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at - 4;
    if (left < 0) {
      const what = `incomplete string length indicator ${where}, expecting 4 bytes but only ${left + 4} bytes available`;
      throw invalid(prefix + what);
    }
    const sizeBytes = bytes.readUInt32LE(at);
    if (sizeBytes > left) {
      const what = `expecting string of length ${sizeBytes} but only ${left} bytes available`;
      throw invalid(`${prefix}incomplete string data ${where}, ${what}`);
    }
    yield bytes.subarray(at + 4, at + 4 + sizeBytes);
    at += 4 + sizeBytes;
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, element: Buffer, { input, prefix }: InputPlace): string {
  let text: string;
  try {
    text = decoder.decode(element);
  } catch {
    throw invalid(`${prefix}input '${input}' holds bytes that are not UTF-8; the strings of ONNX are text`);
  }
  if (text.includes(NUL)) throw invalid(prefix + cutAtNul(input));
  return text;
}
