/** The sources that nimify knows, in the order in which they are asked. */
import { localFile } from './local-file/local-file.ts';
import type { LocalModel, Source, SourceDeps } from './source.ts';
import { unsupported } from './unsupported.ts';

export const SOURCES: readonly Source[] = [localFile];

/**
 * Finds the model that the user named.
 * @throws NimifyError SOURCE_UNSUPPORTED when no source understands the reference, and what the source throws
 */
export async function resolveSource(reference: string, deps: SourceDeps): Promise<LocalModel> {
  const source = SOURCES.find((candidate) => candidate.matches(reference));
  if (source === undefined) throw unsupported(reference);
  return source.resolve(reference, deps);
}
