/** The arrays of a .npy or .npz file, or the tensor of a .pb file (a TensorProto of ONNX). */
import { readFile } from 'node:fs/promises';
import { sha256 } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import { parseTensor } from '../../onnx/open.ts';
import { type HostTensor, loadTensor } from '../../onnx/tensor.ts';
import { parseNpy } from './npy.ts';

export interface ArrayFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Key → array, in the order of the file; a .npy file has one array under the key '', a .pb file one under its name. */
  readonly arrays: ReadonlyMap<string, HostTensor>;
}

export function isArrayName(name: string): boolean {
  return /.\.(np[yz]|pb)$/i.test(name);
}

/** One input of one run, as the test data of ONNX is named. */
export function isInputName(name: string): boolean {
  return /^input_\d+\.pb$/.test(name);
}

/** A folder with such files. */
export function isSetName(name: string): boolean {
  return /^test_data_set_\d+$/.test(name);
}

/** More than any sample file should unpack to; what claims more is taken for a zip bomb. */
const MAX_UNPACKED_BYTES = 4 * 2 ** 30;

/** @throws NimifyError DATA_UNREADABLE, naming the file and, in a .npz, the array */
export async function readArrayFile(path: string): Promise<ArrayFile> {
  let place = path;
  try {
    const bytes = await readFile(path);
    const arrays = new Map<string, HostTensor>();
    if (isTensorProto(path)) {
      const proto = parseTensor(bytes);
      return { path, digest: sha256(bytes), arrays: new Map([[proto.name ?? '', loadTensor(proto)]]) };
    }
    for (const [key, content] of await contents(bytes, path)) {
      place = key === '' ? path : `${path} (array ${key})`;
      arrays.set(key, parseNpy(content));
    }
    return { path, digest: sha256(bytes), arrays };
  } catch (error) {
    const writer = isTensorProto(path) ? 'onnx.numpy_helper.from_array' : 'numpy.save or numpy.savez';
    throw unreadableData(place, error, `Write it again with ${writer} and compare its size.`);
  }
}

function isTensorProto(path: string): boolean {
  return /\.pb$/i.test(path);
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
