/** Everything below a folder, in the order of names, without following links and with an upper bound. */
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
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
    for (const entry of list(folder, prefix, left)) {
      count += 1;
      if (count > limits.maxEntries) {
        if (count === limits.maxEntries + 1) {
          left.push({ file: prefix || '.', why: `Only the first ${limits.maxEntries} entries are scanned.` });
        }
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

function list(folder: string, prefix: string, left: { file: string; why: string }[]): Dirent[] {
  try {
    const names = readdirSync(folder, { withFileTypes: true });
    return names.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    left.push({ file: prefix || '.', why: `The folder cannot be read: ${(error as NodeJS.ErrnoException).code}.` });
    return [];
  }
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
