/** Opens a model whose data files are links that the user lets pass, by way of a copy with plain files. */
import { basename, dirname, join } from 'node:path';
import { NimifyError, writeError } from '../base/errors.ts';
import { copyInto } from '../base/write-files.ts';
import type { ExternalDataPolicy } from '../onnx/external-data.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';

/**
 * The model at `path`, or a copy of it in `folder` where only the policy lets it pass: ONNX Runtime refuses links that
 * leave the folder of the model, and what stands behind one may change under way.
 * @throws NimifyError as `openModel`; DISK_FULL
 */
export async function openAllowed(path: string, policy: ExternalDataPolicy, folder: string): Promise<OnnxModel> {
  try {
    return openModel(path);
  } catch (error) {
    const isLink = error instanceof NimifyError && error.code === 'EXTERNAL_DATA_UNSAFE';
    if (!isLink || !(policy.allowsLinks || policy.allowsHardLinks)) throw error;
    return copyOf(openModel(path, policy), join(folder, 'source'));
  }
}

async function copyOf(model: OnnxModel, folder: string): Promise<OnnxModel> {
  const target = join(folder, basename(model.path));
  try {
    await copyInto(model.path, target);
    for (const { path, location } of model.externalFiles) {
      await copyInto(path, join(dirname(target), ...location.split('/')));
    }
  } catch (error) {
    throw writeError(error, target);
  }
  return openModel(target);
}
