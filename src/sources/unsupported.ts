/** The answer to references that only a later source will understand. */
import { NimifyError } from '../base/errors.ts';

/** `org/model`: the way Hugging Face names repositories. */
const REPOSITORY = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

/** True for what looks like a repository and not like a path to a model file. */
export function looksLikeRepository(reference: string): boolean {
  return REPOSITORY.test(reference) && !reference.toLowerCase().endsWith('.onnx');
}

export function unsupported(reference: string): NimifyError {
  const isHub = reference.startsWith('hf:') || looksLikeRepository(reference);
  const what = isHub
    ? `${reference} names a Hugging Face repository, and those are not fetched yet.`
    : `${reference} is neither a file nor a folder, and no source understands it.`;
  const hint = isHub
    ? 'Download its .onnx file, with the data file beside it if there is one, and give the path: nimify analyze ./model.onnx'
    : 'Give the path of a .onnx file: nimify analyze ./model.onnx';
  return new NimifyError('SOURCE_UNSUPPORTED', what, { hint, details: { reference } });
}
