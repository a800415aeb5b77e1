/** Wave files, read in pieces: RIFF/WAVE as Microsoft's "Multimedia Programming Interface" and its extensible form say. */
import { open } from 'node:fs/promises';

export interface WavFile {
  readonly path: string;
  /** Samples per second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly length: number;
  readonly encoding: Encoding;
  /** Byte at which the samples begin. */
  readonly dataOffset: number;
}

interface Encoding {
  /** Bytes of one sample of one channel. */
  readonly bytes: number;
  /** In −1 … 1: integers are divided by 2^(bits − 1), as soundfile and torchaudio do. */
  read(view: DataView, at: number): number;
}

/** Format code and bits → how a sample is read. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  '1:8': { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7 },
  '1:16': { bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  '1:24': { bytes: 3, read: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23 },
  '1:32': { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 },
  '3:32': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '3:64': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** The real format code is then the first two bytes of a GUID behind the ordinary fields. */
const EXTENSIBLE = 0xfffe;
/** Programs that write to a pipe do not know how long the data will be. */
const UNKNOWN_SIZE = 0xffffffff;
const MAX_FORMAT_BYTES = 1 << 16;

export function isWavName(name: string): boolean {
  return /.\.wav$/i.test(name);
}

/**
 * Reads the header only.
 * @throws Error with a reason that completes "… cannot be read: "
 */
export async function readWavHeader(path: string): Promise<WavFile> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (at: number, length: number): Promise<DataView> => {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, at);
      if (bytesRead < length) throw new Error(`it ends inside its header, after ${size} bytes`);
      return new DataView(bytes.buffer, bytes.byteOffset, length);
    };
    const head = await read(0, 12);
    if (tag(head, 0) === 'RF64') throw new Error('it is an RF64 file, which is not read');
    if (tag(head, 0) !== 'RIFF' || tag(head, 8) !== 'WAVE') throw new Error('it does not begin like a wave file');
    return { path, ...(await readChunks(read, size)) };
  } finally {
    await file.close();
  }
}

interface Format {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly sampleRate: number;
}

async function readChunks(
  read: (at: number, length: number) => Promise<DataView>,
  fileBytes: number,
): Promise<Omit<WavFile, 'path'>> {
  let format: Format | undefined;
  for (let at = 12; at + 8 <= fileBytes; ) {
    const chunk = await read(at, 8);
    const size = chunk.getUint32(4, true);
    const start = at + 8;
    if (tag(chunk, 0) === 'fmt ') format = parseFormat(await read(start, Math.min(size, MAX_FORMAT_BYTES)));
    if (tag(chunk, 0) === 'data') {
      if (format === undefined) throw new Error('its data comes before its format');
      const bytes = size === UNKNOWN_SIZE ? fileBytes - start : size;
      if (bytes > fileBytes - start) {
        throw new Error(`it is cut off: ${bytes} bytes of samples are announced and ${fileBytes - start} are there`);
      }
      return { ...format, dataOffset: start, length: Math.floor(bytes / (format.encoding.bytes * format.channels)) };
    }
    // Chunks begin at even offsets.
    at = start + size + (size % 2);
  }
  throw new Error('it has no data chunk');
}

function parseFormat(view: DataView): Format {
  if (view.byteLength < 16) throw new Error('its format chunk is too short');
  const code = view.getUint16(0, true);
  const isExtensible = code === EXTENSIBLE && view.byteLength >= 26;
  const realCode = isExtensible ? view.getUint16(24, true) : code;
  const [channels, sampleRate, bits] = [view.getUint16(2, true), view.getUint32(4, true), view.getUint16(14, true)];
  const key = `${realCode}:${bits}`;
  const encoding = Object.hasOwn(ENCODINGS, key) ? ENCODINGS[key] : undefined;
  if (encoding === undefined) {
    throw new Error(
      `its samples have format ${realCode} with ${bits} bits; PCM of 8 to 32 bits and floats of 32 and 64 are read`,
    );
  }
  if (channels === 0 || sampleRate === 0) throw new Error(`it has ${channels} channels at ${sampleRate} Hz`);
  return { encoding, channels, sampleRate };
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
}

/**
 * Samples `from` … `from + count − 1`, the mean of all channels; before the beginning there is silence.
 * @throws Error with a reason that completes "… cannot be read: ", for a file that became shorter or a value that is no number
 */
export async function readMono(wav: WavFile, from: number, count: number): Promise<Float32Array> {
  const values = new Float32Array(count);
  const silent = Math.max(0, -from);
  const { bytes, read } = wav.encoding;
  const step = bytes * wav.channels;
  const buffer = Buffer.alloc((count - silent) * step);
  const file = await open(wav.path);
  try {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, wav.dataOffset + (from + silent) * step);
    if (bytesRead < buffer.length) throw new Error('it became shorter while it was read');
  } finally {
    await file.close();
  }
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  for (let i = silent; i < count; i += 1) {
    let sum = 0;
    for (let c = 0; c < wav.channels; c += 1) sum += read(view, (i - silent) * step + c * bytes);
    if (!Number.isFinite(sum)) throw new Error(`sample ${from + i} is not a finite number`);
    values[i] = sum / wav.channels;
  }
  return values;
}
