/** Archives: listed as far as their format allows without unpacking, and looked into for pickles. */

import { openEntry } from '../../archive/inflate.ts';
import { checkEntries } from '../../archive/names.ts';
import { listTar } from '../../archive/tar.ts';
import { listZip, type ZipEntry } from '../../archive/zip.ts';
import { judgePickle } from '../../pickle/judge.ts';
import { beginsLikePickle } from '../../pickle/walk-pickle.ts';
import type { FileCheck, FileContext } from '../check.ts';
import { endingOf, fileType, HEAD_BYTES } from '../signatures.ts';
import { checkNpy } from './npy.ts';

/** Endings under which a zip archive is no surprise. */
const ZIP_ENDINGS: ReadonlySet<string> = new Set([
  ...['zip', 'npz', 'pt', 'pth', 'ckpt', 'bin', 'keras', 'whl', 'egg', 'jar', 'mar', 'nemo', 'mlmodel', 'mlpackage'],
  ...['docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp', 'epub', 'apk'],
]);
const TAR_ENDINGS: ReadonlySet<string> = new Set(['tar', 'nemo', 'pt', 'pth', 'mar']);
const PACKED_ENDINGS: ReadonlySet<string> = new Set([
  '7z',
  'rar',
  'gz',
  'tgz',
  'xz',
  'txz',
  'bz2',
  'tbz2',
  'zst',
  'lz4',
]);

const PICKLE_RULES = ['pickle-code', 'pickle-unknown', 'pickle-file'] as const;
const ENTRY_RULES = ['archive-traversal', 'archive-link', 'archive-collision', 'archive-bomb', 'scan-limit'] as const;

export const zip: FileCheck = {
  rules: ['archive', 'archive-disguised', 'archive-inconsistent', 'native-library', ...ENTRY_RULES, ...PICKLE_RULES],
  run(context) {
    if (!context.type.isSigned) return;
    const { limits, source } = context;
    const { entries, contradictions, omitted } = listZip(source, limits.maxArchiveEntries);
    for (const what of contradictions) context.report('archive-inconsistent', { what });
    if (omitted > 0) context.report('scan-limit', { what: `${omitted} entries of the archive are not looked at.` });
    checkEntries(entries, context);
    const isTorch = entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name));
    if (!isTorch) reportArchive(context, 'zip', ZIP_ENDINGS, `of ${entries.length} entries`);
    for (const entry of entries) if (entry.kind === 'file') lookInto(context, entry);
  },
};

/** Pickles in an archive count whatever they are called, because loaders find them by other means than their ending. */
function lookInto(context: FileContext, entry: ZipEntry): void {
  const { source, limits } = context;
  const beginning = openEntry(source, entry, HEAD_BYTES);
  if (beginning === undefined) {
    if (entry.storedBytes > 0) reportClosed(context, entry);
    return;
  }
  const head = beginning.read(0, HEAD_BYTES).slice();
  const { kind, type } = fileType(entry.name, head);
  const isPickle = kind === 'pickle' || beginsLikePickle(head);
  if (kind === 'native') context.report('native-library', { type }, entry.name);
  if (!isPickle && kind !== 'npy') return;
  const whole = openEntry(source, entry, limits.maxInflatedBytes);
  if (whole === undefined) return;
  if (kind === 'npy') checkNpy(whole, context, entry.name);
  else judgePickle(whole, context, { where: entry.name, isExpected: kind === 'pickle' });
}

function reportClosed(context: FileContext, entry: ZipEntry): void {
  const why = entry.isEncrypted ? 'is encrypted' : 'cannot be unpacked';
  if (fileType(entry.name, new Uint8Array(0)).kind === 'pickle') {
    context.report('pickle-unknown', { what: why }, entry.name);
  } else context.report('scan-limit', { what: `The entry ${why} and was not looked at.` }, entry.name);
}

export const tar: FileCheck = {
  rules: ['archive', 'archive-disguised', 'archive-inconsistent', ...ENTRY_RULES],
  run(context) {
    const { limits, source } = context;
    const { entries, isDamaged, isCut } = listTar(source, limits.maxArchiveEntries);
    if (isDamaged) context.report('archive-inconsistent', { what: 'is damaged or ends too early' });
    if (isCut) context.report('scan-limit', { what: `Only ${entries.length} entries of the archive are looked at.` });
    checkEntries(entries, context);
    reportArchive(context, 'tar', TAR_ENDINGS, `of ${entries.length} entries`);
  },
};

export const packed: FileCheck = {
  rules: ['archive', 'archive-disguised'],
  run: (context) => reportArchive(context, context.type.type.replace(/^\./, ''), PACKED_ENDINGS, 'that is not opened'),
};

function reportArchive(context: FileContext, type: string, endings: ReadonlySet<string>, entries: string): void {
  const extension = endingOf(context.file);
  if (endings.has(extension)) context.report('archive', { type, entries: ` ${entries}` });
  else context.report('archive-disguised', { type, extension: `.${extension}` });
}
