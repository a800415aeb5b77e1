/** Rows that name the file of an image each, so that a table can say its class. */
import { resolve } from 'node:path';
import { sha256File } from '../../../base/digest.ts';
import { NimifyError } from '../../../base/errors.ts';
import { imageToTensor } from '../../../tasks/image/image-to-tensor.ts';
import type { ImageFeeder } from '../image-feeder.ts';
import type { Row } from './row-file.ts';
import type { RowPlan } from './row-plan.ts';
import { mismatch, textAt } from './row-values.ts';

/** @throws NimifyError DATA_MISMATCH for a model with a fixed batch of several */
export function imageRows(
  key: string,
  folder: string,
  { input, batch, preparation, description }: ImageFeeder,
): RowPlan {
  if (batch !== 1) {
    throw new NimifyError('DATA_MISMATCH', `The model takes ${batch} images at a time, and a row names one.`, {
      hint: 'Give a folder of images.',
      details: { batch },
    });
  }
  const pathOf = (row: Row) => resolve(folder, textAt(row, key));
  return {
    description: `${key}: ${description}`,
    preparation,
    check: async (row) => {
      try {
        return await sha256File(pathOf(row));
      } catch (error) {
        throw mismatch(row, `names an image that cannot be read: ${(error as Error).message.replace(/\.$/, '')}`);
      }
    },
    feeds: async (row) => ({ [input.name]: await imageToTensor(pathOf(row), preparation) }),
  };
}
