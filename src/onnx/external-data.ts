/**
 * Tensor data in other files. ONNX Runtime and Triton read these paths too, so a model is refused here, before anybody
 * else sees it, when one of them leaves the folder of the model.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NimifyError, readError } from '../base/errors.ts';
import type { FileRange } from './bytes.ts';
import { type ExternalFile, ExternalInspector, type ExternalProblem } from './external/inspect.ts';
import type { TensorProto } from './proto.ts';

export type { ExternalFile } from './external/inspect.ts';

/** Key under which the checked range of an external tensor is kept. */
export const EXTERNAL_RANGE: unique symbol = Symbol('external-range');

export type ResolvedTensor = TensorProto & { [EXTERNAL_RANGE]?: FileRange };

/** What somebody who knows where the files come from may let pass. */
export interface ExternalDataPolicy {
  /** Data files that are reached through a link out of the folder of the model. */
  readonly allowsLinks?: boolean;
  /** Data files that have a second name somewhere on the disk. */
  readonly allowsHardLinks?: boolean;
}

export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === 1;
}

/**
 * Checks where the data of every external tensor lies and notes the range on the tensor.
 * @returns the files, each once, in the order in which the model names them.
 * @throws NimifyError EXTERNAL_DATA_MISSING, EXTERNAL_DATA_UNSAFE, EXTERNAL_DATA_RANGE, FILE_UNREADABLE
 */
export function resolveExternalData(
  tensors: Iterable<TensorProto>,
  modelPath: string,
  policy: ExternalDataPolicy = {},
): ExternalFile[] {
  const inspector = new ExternalInspector(modelPath);
  const files = new Map<string, ExternalFile>();
  for (const tensor of tensors) {
    if (!isExternal(tensor)) continue;
    const { location, problems, file, range } = inspector.inspect(tensor);
    const problem = problems.find(({ kind }) => !isAllowed(kind, policy));
    if (problem !== undefined) throw refusal(problem, location, tensor, modelPath);
    files.set(location, file as ExternalFile);
    (tensor as ResolvedTensor)[EXTERNAL_RANGE] = range as FileRange;
  }
  return [...files.values()];
}

function isAllowed(kind: ExternalProblem['kind'], policy: ExternalDataPolicy): boolean {
  return (kind === 'link' && policy.allowsLinks === true) || (kind === 'hard-link' && policy.allowsHardLinks === true);
}

function refusal(problem: ExternalProblem, location: string, tensor: TensorProto, modelPath: string): unknown {
  const { kind, what, cause } = problem;
  const tensorName = tensor.name ?? '(unnamed)';
  if (kind === 'unreadable') return readError(cause, join(dirname(modelPath), location));
  if (kind === 'missing') return missing(location, tensorName, modelPath, cause);
  const details = { location, tensor: tensorName };
  if (kind === 'range' || kind === 'size') {
    return new NimifyError('EXTERNAL_DATA_RANGE', `Tensor ${tensorName} asks ${location} for ${what}.`, {
      hint: 'The model and its data file do not belong together, or one of them was cut.',
      details,
    });
  }
  const shown = JSON.stringify(location);
  return new NimifyError('EXTERNAL_DATA_UNSAFE', `The data file ${shown} of tensor ${tensorName} ${what}.`, {
    hint: kind === 'hard-link' ? HARD_LINK_HINT : UNSAFE_HINT,
    details,
  });
}

function missing(location: string, tensor: string, modelPath: string, cause: unknown): NimifyError {
  const path = join(dirname(modelPath), ...location.split('/'));
  const beside = join(dirname(realpathSync(modelPath)), ...location.split('/'));
  const hint =
    beside !== path && existsSync(beside)
      ? `The model is a link, and the data lies beside its target; give ${realpathSync(modelPath)}.`
      : `Put it beside the model, at ${path}; an ONNX model with external data is more than one file.`;
  return new NimifyError('EXTERNAL_DATA_MISSING', `The data file ${location} of tensor ${tensor} is not there.`, {
    hint,
    details: { location, path, tensor },
    cause,
  });
}

const UNSAFE_HINT = 'Do not trust this model. External data must be regular files in the folder of the model.';
const HARD_LINK_HINT = 'If you trust it, replace it by a copy: cp FILE FILE.copy && mv FILE.copy FILE';
