/** Where the links of a folder lead. */
import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

export type LinkTarget =
  /** Its target is scanned under its own name, or is a folder inside. */
  | { readonly kind: 'inside' }
  /** A file of the store that a Hugging Face cache keeps beside its snapshots. */
  | { readonly kind: 'blob'; readonly path: string }
  | { readonly kind: 'dangling' | 'outside'; readonly target: string };

export function linkTarget(path: string, top: string): LinkTarget {
  const target = readlinkSync(path);
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return isBelow(resolve(dirname(path), target), top) ? { kind: 'dangling', target } : { kind: 'outside', target };
  }
  const root = realpathSync(top);
  if (isBelow(real, root)) return { kind: 'inside' };
  return isBlob(real, root) ? { kind: 'blob', path: real } : { kind: 'outside', target };
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** `models--org--name/snapshots/COMMIT/…` links to `models--org--name/blobs/DIGEST`. */
function isBlob(real: string, root: string): boolean {
  const parts = root.split(sep);
  const at = parts.lastIndexOf('snapshots');
  if (at < 1 || !/^(models|datasets|spaces)--/.test(parts[at - 1] as string)) return false;
  const blobs = join(parts.slice(0, at).join(sep), 'blobs');
  return (
    dirname(real) === blobs && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(relative(blobs, real)) && statSync(real).isFile()
  );
}
