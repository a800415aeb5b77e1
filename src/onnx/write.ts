/** Writes a model to a file, piece by piece: untouched tensors are copied from where they are. */
import { type FileHandle, open } from 'node:fs/promises';
import { NimifyError } from '../base/errors.ts';
import { produce, type ReplaceOptions } from '../base/write-files.ts';
import { byteLength, tiles } from './bytes.ts';
import { type Encoded, encodeModel, MAX_MODEL_BYTES } from './encode.ts';
import { EXTERNAL_RANGE, type ResolvedTensor } from './external-data.ts';
import { allTensors } from './graph.ts';
import type { ModelProto } from './proto.ts';

export interface WriteOptions extends ReplaceOptions {
  readonly signal?: AbortSignal;
}

/**
 * Writes `model` to `path`, whole or not at all.
 * @throws NimifyError MODEL_LIMIT beyond 2 GiB, DISK_FULL, OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function writeModel(model: ModelProto, path: string, options: WriteOptions = {}): Promise<void> {
  const encoded = encodeModel(model);
  if (encoded.sizeBytes > MAX_MODEL_BYTES) {
    throw new NimifyError(
      'MODEL_LIMIT',
      `The model takes ${encoded.sizeBytes} bytes; one protobuf file ends at 2 GiB.`,
      {
        hint: 'Keep its weights in external data files.',
        details: { sizeBytes: encoded.sizeBytes },
      },
    );
  }
  await produce(path, (temporary) => writeEncoded(encoded, temporary, options.signal), options);
}

async function writeEncoded(encoded: Encoded, path: string, signal?: AbortSignal): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for (const piece of encoded.pieces) {
      if (byteLength(piece) === 0) continue;
      for (const tile of tiles(piece)) {
        signal?.throwIfAborted();
        await writeFully(handle, tile);
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done)).bytesWritten;
}

/** Turns external tensors into embedded ones that still lie in their files; writing then copies them in. */
export function embedExternalData(model: ModelProto): void {
  for (const tensor of allTensors(model) as Iterable<ResolvedTensor>) {
    const range = tensor[EXTERNAL_RANGE];
    if (range === undefined) continue;
    tensor.rawData = range;
    tensor.externalData = [];
    delete tensor.dataLocation;
    delete tensor[EXTERNAL_RANGE];
  }
}
