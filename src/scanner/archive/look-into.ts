/** What one entry of a zip archive is: pickles count whatever they are called, as loaders do not go by endings. */
import type { FileContext } from '../folder/check.ts';
import { checkNpy } from '../folder/checks/npy.ts';
import { fileType, HEAD_BYTES } from '../folder/signatures.ts';
import { judgePickle } from '../pickle/judge.ts';
import { beginsLikePickle } from '../pickle/walk-pickle.ts';
import { openEntry } from './inflate.ts';
import type { ZipEntry } from './zip.ts';

export function lookInto(entry: ZipEntry, context: FileContext): void {
  const beginning = openEntry(context.source, entry, { inflatedBytes: HEAD_BYTES });
  if (beginning === undefined) {
    if (entry.storedBytes > 0) reportClosed(entry, entry.isEncrypted ? 'is encrypted' : 'cannot be unpacked', context);
    return;
  }
  const head = beginning.read(0, HEAD_BYTES).slice();
  const { kind, type } = fileType(entry.name, head);
  if (kind === 'native') context.report('native-library', { type }, entry.name);
  if (kind === 'python') context.report('python-code', { type }, entry.name);
  if (kind !== 'pickle' && kind !== 'npy' && !beginsLikePickle(head)) return;
  const whole = openEntry(context.source, entry, context.budget);
  if (whole === undefined) reportClosed(entry, 'lies behind more unpacked bytes than are looked at', context);
  else if (kind === 'npy') checkNpy(whole, context, entry.name);
  else judgePickle(whole, context, { where: entry.name, isExpected: kind === 'pickle' });
}

function reportClosed(entry: ZipEntry, why: string, context: FileContext): void {
  if (fileType(entry.name, new Uint8Array(0)).kind === 'pickle') {
    context.report('pickle-unknown', { what: why }, entry.name);
  } else context.report('scan-limit', { what: `The entry ${why} and was not looked at.` }, entry.name);
}
