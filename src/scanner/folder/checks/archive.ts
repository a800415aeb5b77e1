/** Archives: listed as far as their format allows without unpacking, and looked into for pickles. */
import type { ArchiveEntry } from '../../archive/entry.ts';
import { inflateGzip } from '../../archive/inflate.ts';
import { lookInto } from '../../archive/look-into.ts';
import { checkEntries } from '../../archive/names.ts';
import { listTar } from '../../archive/tar.ts';
import { listZip } from '../../archive/zip.ts';
import { judgePickle } from '../../pickle/judge.ts';
import { beginsLikePickle } from '../../pickle/walk-pickle.ts';
import type { ByteSource } from '../../source.ts';
import type { FileCheck, FileContext } from '../check.ts';
import { endingOf, fileType, HEAD_BYTES } from '../signatures.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Endings under which an archive of the kind is no surprise. */
const ENDINGS = {
  zip: words('zip npz pt pth ckpt bin keras whl egg jar mar nemo mlpackage docx xlsx pptx odt ods odp epub apk'),
  tar: words('tar nemo pt pth mar'),
  packed: words('7z rar gz tgz xz txz bz2 tbz2 zst lz4'),
};

const PICKLE_RULES = ['pickle-code', 'pickle-unknown', 'pickle-file'] as const;
const ENTRY_RULES = ['archive-traversal', 'archive-link', 'archive-collision', 'archive-bomb', 'scan-limit'] as const;
const COMMON_RULES = ['archive', 'archive-disguised', 'archive-inconsistent', ...ENTRY_RULES, ...PICKLE_RULES] as const;

export const zip: FileCheck = {
  rules: [...COMMON_RULES, 'native-library', 'python-code'],
  run(context) {
    if (!context.type.isSigned) return;
    const { limits, source } = context;
    const { entries, contradictions, omitted } = listZip(source, limits.maxArchiveEntries);
    for (const what of contradictions) context.report('archive-inconsistent', { what });
    if (omitted > 0) context.report('scan-limit', { what: `${omitted} entries of the archive are not looked at.` });
    checkEntries(entries, context);
    const isTorch = entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name));
    if (!isTorch) reportArchive(context, 'zip', ENDINGS.zip, entries);
    for (const entry of entries) if (entry.kind === 'file') lookInto(entry, context);
  },
};

export const tar: FileCheck = {
  rules: COMMON_RULES,
  run(context) {
    const entries = tarEntries(context.source, context, true);
    reportArchive(context, 'tar', ENDINGS.tar, entries);
  },
};

/** gzip is looked into for a tar archive or a pickle; the others are only named. */
export const packed: FileCheck = {
  rules: COMMON_RULES,
  run(context) {
    const type = context.type.type.replace(/^\./, '');
    const inner = type === 'gzip' ? inflateGzip(context.source, context.budget) : undefined;
    const head = inner?.source.read(0, HEAD_BYTES);
    if (inner === undefined || head === undefined) return reportArchive(context, type, ENDINGS.packed, undefined);
    if (beginsLikePickle(head)) judgePickle(inner.source, context, { isExpected: inner.isWhole });
    const isTar = fileType('', head).kind === 'tar';
    const entries = isTar ? tarEntries(inner.source, context, inner.isWhole) : undefined;
    if (!inner.isWhole) {
      context.report('scan-limit', { what: `Only the first ${inner.source.sizeBytes} unpacked bytes are looked at.` });
    }
    reportArchive(context, isTar ? 'tar.gz' : type, ENDINGS.packed, entries);
  },
};

function tarEntries(source: ByteSource, context: FileContext, isWhole: boolean): readonly ArchiveEntry[] {
  const { entries, isDamaged, isCut } = listTar(source, context.limits.maxArchiveEntries);
  if (isDamaged && isWhole) context.report('archive-inconsistent', { what: 'is damaged or ends too early' });
  if (isCut) context.report('scan-limit', { what: `Only ${entries.length} entries of the archive are looked at.` });
  checkEntries(entries, context);
  return entries;
}

/** @param entries undefined where they are not known */
function reportArchive(
  context: FileContext,
  type: string,
  endings: ReadonlySet<string>,
  entries: readonly ArchiveEntry[] | undefined,
): void {
  const extension = endingOf(context.file);
  const count = entries?.length === 1 ? ' of 1 entry' : ` of ${entries?.length} entries`;
  if (endings.has(extension)) {
    context.report('archive', { type, entries: entries === undefined ? ' that is not opened' : count });
  } else context.report('archive-disguised', { type, extension: `.${extension}` });
}
