/** Names of archive entries that lead out of the folder, and names that fall together on some file systems. */
import type { FileContext } from '../folder/check.ts';
import type { ArchiveEntry } from './entry.ts';

/** A predicate such as "is an absolute path", or undefined for a name that stays inside. */
function escapeOf(name: string): string | undefined {
  if (name.includes('\0')) return 'has a NUL character in its name';
  if (/^[/\\]/.test(name) || /^[A-Za-z]:/.test(name)) return 'is an absolute path';
  return name.split(/[\\/]/).includes('..') ? 'leaves the folder' : undefined;
}

/** Ratios beyond 1 000 do not occur in data; deflate ends at 1 032. */
const MAX_RATIO = 200;
const MAX_UNPACKED_BYTES = 1 << 30;

/** The checks that are the same for all kinds of archives. */
export function checkEntries(entries: readonly ArchiveEntry[], context: FileContext): void {
  const names = new Map<string, string>();
  for (const entry of entries) {
    checkEntry(entry, context);
    const key = entry.name.normalize('NFKC').toLowerCase().replaceAll('\\', '/').replace(/\/+$/, '');
    const other = names.get(key);
    if (other !== undefined && entry.kind !== 'folder') {
      context.report(
        'archive-collision',
        { entry: JSON.stringify(entry.name), other: JSON.stringify(other) },
        entry.name,
      );
    }
    names.set(key, entry.name);
  }
  const unpackedBytes = entries.reduce((sum, entry) => sum + entry.unpackedBytes, 0);
  const archiveBytes = context.source.sizeBytes;
  if (unpackedBytes > MAX_UNPACKED_BYTES && unpackedBytes > archiveBytes * MAX_RATIO) {
    context.report('archive-bomb', { archiveBytes, unpackedBytes });
  }
}

function checkEntry({ name, kind, target }: ArchiveEntry, context: FileContext): void {
  const what = escapeOf(name);
  if (what !== undefined) context.report('archive-traversal', { entry: JSON.stringify(name), what }, name);
  if (kind === 'file' || kind === 'folder') return;
  const leads = target === undefined ? '' : ` to ${JSON.stringify(target)}`;
  context.report('archive-link', { entry: JSON.stringify(name), what: `${kind}${leads}` }, name);
}
