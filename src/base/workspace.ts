/** A folder for intermediate files that is gone when the work is done, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeError } from './errors.ts';

export async function withWorkspace<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const prefix = join(tmpdir(), 'nimify-');
  const folder = await mkdtemp(prefix).catch((error: unknown) => {
    throw writeError(error, tmpdir());
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
