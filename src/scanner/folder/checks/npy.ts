/** NumPy arrays: those of Python objects are pickles. Source: numpy.lib.format. */
import { judgePickle } from '../../pickle/judge.ts';
import { type ByteSource, latin1, littleEndian, PartSource } from '../../source.ts';
import type { FileCheck, FileContext } from '../check.ts';

export const npy: FileCheck = {
  rules: ['pickle-code', 'pickle-unknown', 'pickle-file'],
  run: (context) => checkNpy(context.source, context),
};

const MAX_HEADER = 64 << 10;

/** @param where the entry of an archive that it is */
export function checkNpy(source: ByteSource, context: FileContext, where?: string): void {
  const isFirst = source.byte(6) === 1;
  const length = littleEndian(source, 8, isFirst ? 2 : 4);
  const start = isFirst ? 10 : 12;
  const header = latin1(source.read(start, Math.min(length, MAX_HEADER)));
  // `|O` alone, or as a type inside of a structured one, where a name stands before it.
  if (!/(?:'descr':|,)\s*['"][|<>=]?O\d*['"]/.test(header)) return;
  const offset = start + length;
  const values = new PartSource(source, offset, source.sizeBytes - offset);
  judgePickle(values, context, { isExpected: true, ...(where === undefined ? {} : { where }) });
}
