import { statfs } from 'node:fs/promises';
import { isSystemError } from '../../base/errors.ts';
import { finding } from '../../base/findings.ts';
import { formatBytes } from '../../base/units.ts';
import type { Check } from '../check.ts';
import { nearestExisting } from './data-folder.ts';

/** A few quantized candidates of a mid-sized model beside the original. */
const NEEDED_BYTES = 2 * 1024 ** 3;

export const diskCheck: Check = {
  id: 'disk',
  title: 'Free disk space',
  async run({ config }) {
    try {
      const { bavail, bsize } = await statfs(await nearestExisting(config.dataFolder));
      const freeBytes = bavail * bsize;
      return freeBytes < NEEDED_BYTES
        ? [finding('DISK_LOW', { freeBytes, neededBytes: NEEDED_BYTES, folder: config.dataFolder })]
        : [finding('CHECK_OK', { detail: formatBytes(freeBytes), freeBytes })];
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return [finding('DISK_LOW', { freeBytes: null, neededBytes: NEEDED_BYTES, folder: config.dataFolder })];
    }
  },
};
