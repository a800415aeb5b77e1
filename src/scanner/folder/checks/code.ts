/** Files that are programs: Python, scripts, native libraries. Their presence is the finding. */
import type { FileCheck } from '../check.ts';

export const python: FileCheck = {
  rules: ['python-code'],
  run: ({ type, report }) => report('python-code', { type: type.type }),
};

export const script: FileCheck = {
  rules: ['script-code'],
  run: ({ type, report }) => report('script-code', { type: type.isSigned ? type.type : `${type.type} file` }),
};

export const native: FileCheck = {
  rules: ['native-library'],
  run: ({ type, report }) => report('native-library', { type: type.isSigned ? type.type : `a ${type.type} file` }),
};
