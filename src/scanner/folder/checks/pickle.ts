/** Files that are pickles by their name. */
import { judgePickle } from '../../pickle/judge.ts';
import type { FileCheck } from '../check.ts';

export const pickle: FileCheck = {
  rules: ['pickle-code', 'pickle-unknown', 'pickle-file'],
  run: (context) => void judgePickle(context.source, context, { isExpected: true }),
};
