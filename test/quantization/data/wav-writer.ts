/** Writes wave files for tests. */

export interface WavOptions {
  readonly sampleRate?: number;
  readonly channels?: number;
  /** Format code: 1 PCM, 3 float. */
  readonly format?: number;
  readonly bits?: 8 | 16 | 24 | 32 | 64;
  /** What the data chunk says of its size; the truth when absent. */
  readonly announcedBytes?: number;
  /** Uses the long form of the format chunk. */
  readonly isExtensible?: boolean;
}

/** @param values interleaved, as stored: integers for PCM */
export function wav(values: readonly number[], options: WavOptions = {}): Uint8Array {
  const { sampleRate = 16000, channels = 1, format = 1, bits = 16, isExtensible = false } = options;
  const width = bits / 8;
  const data = Buffer.alloc(values.length * width);
  for (const [index, value] of values.entries()) write(data, value, index * width, format, bits);
  const fmt = Buffer.alloc(isExtensible ? 40 : 16);
  fmt.writeUInt16LE(isExtensible ? 0xfffe : format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE(sampleRate * channels * width, 8);
  fmt.writeUInt16LE(channels * width, 12);
  fmt.writeUInt16LE(bits, 14);
  if (isExtensible) fmt.writeUInt16LE(format, 24);
  // A chunk of odd length is padded.
  const list = chunk('LIST', Buffer.from('abc'));
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    list,
    Buffer.alloc(1),
    chunk('fmt ', fmt),
    chunk('data', data, options.announcedBytes),
  ]);
  return chunk('RIFF', body);
}

function chunk(tag: string, content: Buffer, size = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(tag, 0, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content]);
}

function write(data: Buffer, value: number, at: number, format: number, bits: number): void {
  if (format === 3) bits === 64 ? data.writeDoubleLE(value, at) : data.writeFloatLE(value, at);
  else if (bits === 8) data.writeUInt8(value, at);
  else data.writeIntLE(value, at, bits / 8);
}
