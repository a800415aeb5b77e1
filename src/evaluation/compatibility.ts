/** Two models can be compared when they take and give the same things. */
import { NimifyError } from '../base/errors.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { RuntimeSession } from '../runtime/session.ts';

type Interface = Pick<RuntimeSession, 'inputs' | 'outputs'>;

/**
 * The outputs of both that are tensors, in the order of the original. Order and shapes may differ between the models.
 * @throws NimifyError OUTPUTS_DIFFER
 */
export function comparableOutputs(original: Interface, candidate: Interface): TensorInfo[] {
  checkSame('inputs', original.inputs, candidate.inputs);
  checkSame('outputs', original.outputs, candidate.outputs);
  const tensors = original.outputs.filter(({ dataType }) => dataType !== null);
  if (tensors.length > 0) return tensors;
  throw new NimifyError(
    'OUTPUTS_DIFFER',
    'The models have no output that is a tensor, so there is nothing to compare.',
    {
      hint: 'Export the model with tensor outputs (scikit-learn: zipmap=False).',
    },
  );
}

function checkSame(
  what: 'inputs' | 'outputs',
  original: readonly TensorInfo[],
  candidate: readonly TensorInfo[],
): void {
  if (signature(original) === signature(candidate)) return;
  throw new NimifyError(
    'OUTPUTS_DIFFER',
    `The ${what} of the two models differ: ${list(original)} against ${list(candidate)}.`,
    {
      hint: `Compare models of the same origin; both need ${what} of the same names and types.`,
      details: { original: list(original), candidate: list(candidate) },
    },
  );
}

function signature(infos: readonly TensorInfo[]): string {
  return JSON.stringify(infos.map(({ name, dataType }) => [name, dataType]).sort());
}

function list(infos: readonly TensorInfo[]): string {
  return infos.map(({ name, dataType }) => `${name} ${dataType ?? '(no tensor)'}`).join(', ');
}
