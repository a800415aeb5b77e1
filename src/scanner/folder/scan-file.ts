/** One file that is no model through the check of its kind; pickles are found under every name. */
import { isSystemError } from '../../base/errors.ts';
import type { Collector } from '../collector.ts';
import type { ScanLimits } from '../limits.ts';
import { judgePickle } from '../pickle/judge.ts';
import { beginsLikePickle, maybeTextPickle } from '../pickle/walk-pickle.ts';
import { type ByteSource, withFile } from '../source.ts';
import type { FileContext } from './check.ts';
import { FILE_CHECKS } from './registry.ts';
import { type FileType, fileType, HEAD_BYTES } from './signatures.ts';

export interface FileRequest {
  readonly path: string;
  /** How results name it. */
  readonly file: string;
  /** True for a model and for the files in which it keeps its weights. */
  readonly isOfModel: boolean;
}

/** @returns the size of the file in bytes */
export function scanFile({ path, file, isOfModel }: FileRequest, collector: Collector, limits: ScanLimits): number {
  try {
    return withFile(path, (source) => {
      const type = fileType(file, source.read(0, HEAD_BYTES).slice());
      const context: FileContext = {
        file,
        type,
        source,
        limits,
        budget: { operations: limits.maxPickleOperations, inflatedBytes: limits.maxInflatedBytes },
        report: (rule, args, where, severity) =>
          collector.report(file, rule, args, { ...(where !== undefined && { where }), ...(severity && { severity }) }),
      };
      check(context, isOfModel);
      return source.sizeBytes;
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    collector.report(file, 'file-unreadable', { what: error.code });
    return 0;
  }
}

function check(context: FileContext, isOfModel: boolean): void {
  const { type, source } = context;
  if (type.kind !== 'pickle' && !type.isSigned && isHiddenPickle(source, type, context)) return;
  const own = FILE_CHECKS[type.kind];
  if (own !== undefined) own.run(context);
  else if (type.kind === 'unknown' && !isOfModel) context.report('file-not-allowed', { type: type.type });
}

function isHiddenPickle(source: ByteSource, { kind }: FileType, context: FileContext): boolean {
  const head = source.read(0, HEAD_BYTES).slice();
  const isLikely = beginsLikePickle(head) || (kind !== 'python' && kind !== 'script' && maybeTextPickle(head));
  return isLikely && judgePickle(source, context, { isExpected: false });
}
