/** Which check looks at which kind of file. Kinds without one are on the list of what belongs to a model. */
import type { FileCheck } from './check.ts';
import { packed, tar, zip } from './checks/archive.ts';
import { native, python, script } from './checks/code.ts';
import { json } from './checks/json.ts';
import { npy } from './checks/npy.ts';
import { pickle } from './checks/pickle.ts';
import { safetensors } from './checks/safetensors.ts';
import { template } from './checks/template.ts';
import { yaml } from './checks/yaml.ts';
import type { FileKind } from './signatures.ts';

export const FILE_CHECKS: Readonly<Partial<Record<FileKind, FileCheck>>> = {
  pickle,
  zip,
  tar,
  archive: packed,
  native,
  python,
  script,
  safetensors,
  npy,
  json,
  yaml,
  template,
};
