/**
 * Files under the name of their SHA-256, each whole or not there: copied to `tmp/`, hashed on the way, flushed, renamed.
 * A process that dies leaves a file in `tmp/` or one that no version names, never a name with wrong bytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256File } from '../base/digest.ts';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';
import { type CatalogPaths, dataFolderError } from './layout.ts';

const CHUNK_BYTES = 1 << 20;

export interface StoredBlob {
  readonly sha256: string;
  readonly sizeBytes: number;
}

interface AddOptions {
  /** What the bytes must hash to. */
  readonly sha256: string;
  readonly signal?: AbortSignal;
}

/** One file of the store as `verify` found it. */
interface BlobCheck extends StoredBlob {
  readonly path: string;
  readonly isSound: boolean;
}

export interface BlobStore {
  /**
   * Copies the file unless its bytes are there already; they are hashed either way.
   * @throws NimifyError BLOB_CORRUPT when the file has another digest; FILE_NOT_FOUND, FILE_UNREADABLE,
   *   OUTPUT_UNWRITABLE, DISK_FULL
   */
  add(path: string, options: AddOptions): Promise<StoredBlob>;
  /** Where the bytes of a digest are, or would be. */
  path(sha256: string): string;
  /** Reads every stored file again; about 1 GiB/s. */
  verify(signal?: AbortSignal): AsyncGenerator<BlobCheck>;
}

export function blobStore(paths: CatalogPaths): BlobStore {
  const path = (sha256: string) => join(paths.blobs, checkedDigest(sha256).slice(0, 2), sha256);
  return {
    path,
    add: (from, options) => add(paths, path(options.sha256), from, options),
    verify: (signal) => verify(paths, signal),
  };
}

/** Digests come from callers and become paths. */
function checkedDigest(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new NimifyError(
    'BLOB_CORRUPT',
    `${JSON.stringify(sha256)} is not a SHA-256 digest in lower-case hexadecimal.`,
    {
      hint: 'Give the 64 characters that sha256sum prints.',
    },
  );
}

async function add(paths: CatalogPaths, target: string, from: string, options: AddOptions): Promise<StoredBlob> {
  const sizeBytes = await sizeOf(from);
  if (sizeBytes === null) throw readError(Object.assign(new Error('no such file'), { code: 'ENOENT' }), from);
  // A stored file of another size was damaged; it is replaced.
  if ((await sizeOf(target)) === sizeBytes) {
    expectDigest(from, await sha256File(from, options.signal), options.sha256);
    return { sha256: options.sha256, sizeBytes };
  }
  const temporary = join(paths.temporary, randomUUID());
  try {
    const copied = await copyAndHash(from, temporary, options.signal);
    expectDigest(from, copied.sha256, options.sha256);
    await publish(temporary, target);
    return copied;
  } finally {
    await rm(temporary, { force: true });
  }
}

function expectDigest(path: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new NimifyError('BLOB_CORRUPT', `${path} has the SHA-256 ${found} where ${expected} was expected.`, {
    hint: 'The file changed while nimify worked, or the disk is failing; run the command again.',
    details: { path, found, expected },
  });
}

/** Shares the blocks where the file system can (btrfs, xfs, APFS), and hashes what then stands in the copy. */
async function copyAndHash(from: string, to: string, signal: AbortSignal | undefined): Promise<StoredBlob> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch {
    await rm(to, { force: true });
    return streamAndHash(from, to, signal);
  }
  const sha256 = await sha256File(to, signal);
  const handle = await open(to, 'r+').catch((error: unknown) => {
    throw dataFolderError(error, to);
  });
  return finish(handle, sha256, to);
}

async function streamAndHash(from: string, to: string, signal: AbortSignal | undefined): Promise<StoredBlob> {
  const source = await open(from, 'r').catch((error: unknown) => {
    throw readError(error, from);
  });
  try {
    const target = await open(to, 'wx', 0o600).catch((error: unknown) => {
      throw dataFolderError(error, to);
    });
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const length = await readChunk(source, chunk, from);
        if (length === 0) break;
        hash.update(chunk.subarray(0, length));
        await writeChunk(target, chunk.subarray(0, length), to);
      }
    } catch (error) {
      await target.close();
      throw error;
    }
    return await finish(target, hash.digest('hex'), to);
  } finally {
    await source.close();
  }
}

async function readChunk(handle: FileHandle, chunk: Buffer, path: string): Promise<number> {
  try {
    return (await handle.read(chunk, 0, chunk.length)).bytesRead;
  } catch (error) {
    throw readError(error, path);
  }
}

async function writeChunk(handle: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  try {
    await handle.writeFile(bytes);
  } catch (error) {
    throw dataFolderError(error, path);
  }
}

async function finish(handle: FileHandle, sha256: string, path: string): Promise<StoredBlob> {
  try {
    await handle.chmod(0o444);
    await handle.sync();
    return { sha256, sizeBytes: (await handle.stat()).size };
  } catch (error) {
    throw dataFolderError(error, path);
  } finally {
    await handle.close();
  }
}

/** The name is on the disk only when the folders are flushed too. */
async function publish(temporary: string, target: string): Promise<void> {
  const shard = dirname(target);
  try {
    const isNewShard = (await mkdir(shard, { recursive: true })) !== undefined;
    await rename(temporary, target);
    await flushFolder(shard);
    if (isNewShard) await flushFolder(dirname(shard));
  } catch (error) {
    throw dataFolderError(error, target);
  }
}

/** Windows cannot open a folder; there the rename itself is what can be had. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* verify(paths: CatalogPaths, signal?: AbortSignal): AsyncGenerator<BlobCheck> {
  for (const shard of await names(paths.blobs)) {
    for (const sha256 of await names(join(paths.blobs, shard))) {
      const path = join(paths.blobs, shard, sha256);
      const isSound = (await sha256File(path, signal)) === sha256 && shard === sha256.slice(0, 2);
      yield { sha256, sizeBytes: (await stat(path)).size, path, isSound };
    }
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw readError(error, folder);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw readError(error, path);
  }
}
