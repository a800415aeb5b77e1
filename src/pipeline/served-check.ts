/** The model file of a service folder against the facts that its artifacts were made from. */
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import { sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import { type Finding, finding } from '../base/findings.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';
import { realInputs, tensorInfo } from '../onnx/value-info.ts';

/** Names, types and external data; shapes only where the model file declares them. */
export async function modelFindings(
  path: string,
  where: string,
  facts: ServiceFacts,
  signal: AbortSignal,
): Promise<Finding[]> {
  let model: OnnxModel;
  try {
    model = openModel(path);
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    return [finding('ARTIFACT_INVALID', { artifact: 'model', file: where, reason: error.message }, where)];
  }
  const { graph } = model.proto;
  const found = [
    ...disagreements('input', realInputs(graph).map(tensorInfo), facts.model.inputs, where),
    ...disagreements('output', graph.output.map(tensorInfo), facts.model.outputs, where),
  ];
  for (const file of model.externalFiles) {
    const expected = facts.model.externalFiles[file.location];
    const digest = await sha256File(file.path, signal);
    if (digest !== expected) {
      found.push(finding('MODEL_CHANGED', { expected: expected ?? 'none', found: digest, file: file.location }, where));
    }
  }
  return found;
}

function disagreements(
  kind: 'input' | 'output',
  tensors: readonly ReturnType<typeof tensorInfo>[],
  facts: ServiceFacts['model']['inputs'],
  where: string,
): Finding[] {
  const said = facts.map((t) => `${t.name} ${t.dataType}`).sort();
  const real = tensors.map((t) => `${t.name} ${t.dataType}`).sort();
  if (JSON.stringify(said) === JSON.stringify(real)) return [];
  return [
    finding(
      'ARTIFACT_DISAGREES',
      { artifact: 'model', file: where, what: `${kind}s`, expected: said.join(', '), found: real.join(', ') },
      where,
    ),
  ];
}
