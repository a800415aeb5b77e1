/** Everything below a folder, in the order of names, without following links and with an upper bound. */
import { type Dirent, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScanLimits } from '../limits.ts';

export interface FolderEntry {
  readonly path: string;
  /** Relative to the top, with forward slashes. */
  readonly file: string;
  readonly kind: 'file' | 'link' | 'pipe' | 'socket' | 'device';
}

export interface FolderWalk {
  readonly entries: readonly FolderEntry[];
  /** What was left out: a folder and why, relative to the top. */
  readonly left: readonly { readonly file: string; readonly why: string }[];
}

/** History of a clone: its objects are compressed, and what is checked out of it stands beside it. */
const PASSED_OVER: ReadonlySet<string> = new Set(['.git']);

export function walkFolder(top: string, limits: Pick<ScanLimits, 'maxDepth' | 'maxEntries'>): FolderWalk {
  const entries: FolderEntry[] = [];
  const left: { file: string; why: string }[] = [];
  let count = 0;
  const visit = (folder: string, prefix: string, depth: number): void => {
    if (depth > limits.maxDepth) {
      left.push({ file: prefix, why: `Folders deeper than ${limits.maxDepth} are not scanned.` });
      return;
    }
    const failed = (why: string): void => void left.push({ file: prefix || '.', why });
    for (const entry of list(folder, limits.maxEntries + 1 - count, failed)) {
      count += 1;
      if (count > limits.maxEntries) {
        if (count === limits.maxEntries + 1) failed(`Only the first ${limits.maxEntries} entries are scanned.`);
        return;
      }
      const file = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      const path = join(folder, entry.name);
      const kind = kindOf(entry, path);
      if (kind === 'folder') {
        if (!PASSED_OVER.has(entry.name)) visit(path, file, depth + 1);
      } else entries.push({ path, file, kind });
    }
  };
  visit(top, '', 0);
  return { entries, left };
}

/** At most `most` entries, in the order of names; a folder of millions is not held in memory. */
function list(folder: string, most: number, failed: (why: string) => void): Dirent[] {
  const entries: Dirent[] = [];
  try {
    const handle = opendirSync(folder);
    try {
      for (let entry = handle.readSync(); entry !== null && entries.length < most; entry = handle.readSync()) {
        entries.push(entry);
      }
    } finally {
      handle.closeSync();
    }
  } catch (error) {
    failed(`The folder cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(entry: Dirent, path: string): FolderEntry['kind'] | 'folder' {
  // Some file systems do not tell the kind in the listing.
  const stats = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink() ? entry : lstatSync(path);
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}
