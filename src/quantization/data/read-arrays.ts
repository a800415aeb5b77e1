/** The arrays of a .npy or .npz file. */
import { readFile } from 'node:fs/promises';
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import { parseNpy } from './npy.ts';

export interface ArrayFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Key → array, in the order of the file; a .npy file has one array under the key ''. */
  readonly arrays: ReadonlyMap<string, HostTensor>;
}

export function isArrayName(name: string): boolean {
  return /.\.np[yz]$/i.test(name);
}

/** More than any sample file should unpack to; what claims more is taken for a zip bomb. */
const MAX_UNPACKED_BYTES = 4 * 2 ** 30;

/** @throws NimifyError DATA_UNREADABLE, naming the file and, in a .npz, the array */
export async function readArrayFile(path: string): Promise<ArrayFile> {
  let place = path;
  try {
    const bytes = await readFile(path);
    const arrays = new Map<string, HostTensor>();
    for (const [key, content] of await contents(bytes, path)) {
      place = key === '' ? path : `${path} (array ${key})`;
      arrays.set(key, parseNpy(content));
    }
    return { path, digest: sha256(bytes), arrays };
  } catch (error) {
    throw unreadableData(place, error, 'Write it again with numpy.save or numpy.savez and compare its size.');
  }
}

export function unreadableData(path: string, error: unknown, hint: string): NimifyError {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  return new NimifyError('DATA_UNREADABLE', `${path} cannot be read: ${reason}.`, {
    hint,
    details: { path },
    cause: error,
  });
}

async function contents(bytes: Uint8Array, path: string): Promise<[string, Uint8Array][]> {
  if (!/\.npz$/i.test(path)) return [['', bytes]];
  const { unzipSync } = await import('fflate');
  let unpackedBytes = 0;
  const files = unzipSync(bytes, {
    filter: (file) => {
      unpackedBytes += file.originalSize;
      if (unpackedBytes > MAX_UNPACKED_BYTES) throw new Error('it unpacks to more than 4 GiB');
      return file.name.endsWith('.npy');
    },
  });
  return Object.entries(files).map(([name, content]) => [name.slice(0, -'.npy'.length), content]);
}
