import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import { finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';

export const dataFolderCheck: Check = {
  id: 'data-folder',
  title: 'Data folder',
  async run({ config }) {
    const folder = config.dataFolder;
    try {
      const there = await nearestExisting(folder);
      if (!(await stat(there)).isDirectory()) return [unwritable(folder, `${there} is a file`)];
      await access(there, constants.W_OK | constants.X_OK);
      const detail = there === folder ? folder : `${folder} (made on first use)`;
      return [finding('CHECK_OK', { detail }, folder)];
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return [unwritable(folder, error.code)];
    }
  },
};

/** The folder itself or its nearest parent that is there. */
export async function nearestExisting(folder: string): Promise<string> {
  let path = folder;
  for (;;) {
    try {
      await stat(path);
      return path;
    } catch (error) {
      const isGone = isSystemError(error) && error.code === 'ENOENT';
      if (!isGone || dirname(path) === path) throw error;
      path = dirname(path);
    }
  }
}

function unwritable(folder: string, reason: string) {
  return finding('DATA_FOLDER_UNWRITABLE', { folder, reason }, folder);
}
