/** The JSON documents of the V2 protocol that describe the server and its models. */
import { packageVersion } from '../base/version.ts';
import type { HostedModel } from './hosted-model.ts';
import type { Signature, TensorSpec } from './signature.ts';

/** Only what this server does; Triton's names. */
const EXTENSIONS = ['classification', 'model_configuration', 'binary_tensor_data', 'statistics'] as const;
const PLATFORM = 'onnxruntime_onnx';

export function serverMetadata(): object {
  return { name: 'nimify', version: packageVersion(), extensions: EXTENSIONS };
}

/** @throws ProtocolError 503 */
export function modelMetadata(model: HostedModel): object {
  const { inputs, outputs } = model.signature;
  const tensor = ({ name, type, shape }: TensorSpec): object => ({ name, datatype: type, shape: shape ?? [-1] });
  return {
    name: model.served.name,
    versions: [model.served.version],
    platform: PLATFORM,
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
  };
}

/** The part of Triton's model configuration that clients such as perf_analyzer read. @throws ProtocolError 503 */
export function modelConfiguration(model: HostedModel): object {
  const { name, maxBatchSize } = model.served;
  const { inputs, outputs }: Signature = model.signature;
  const tensor = ({ name: tensorName, type, shape, isReshaped }: TensorSpec): object => ({
    name: tensorName,
    data_type: type === 'BYTES' ? 'TYPE_STRING' : `TYPE_${type}`,
    dims: (shape ?? [-1]).slice(maxBatchSize > 0 ? 1 : 0),
    // Triton allows an empty reshape only with a batch; a scalar without one has no way to be written.
    ...(isReshaped && maxBatchSize > 0 ? { reshape: { shape: [] } } : {}),
  });
  return {
    name,
    platform: PLATFORM,
    backend: 'onnxruntime',
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: maxBatchSize,
    input: inputs.map(tensor),
    output: outputs.map(tensor),
    instance_group: [{ name: `${name}_0`, kind: 'KIND_CPU', count: 1 }],
  };
}

export function modelStatistics(models: readonly HostedModel[]): object {
  return {
    model_stats: models.map(({ served, statistics }) => ({
      name: served.name,
      version: served.version,
      ...statistics.document(),
    })),
  };
}

/** @param onlyReady leaves out models that are not ready */
export function repositoryIndex(models: readonly HostedModel[], onlyReady: boolean): object[] {
  return models
    .filter(({ state }) => !onlyReady || state === 'READY')
    .map(({ served, state, reason }) => ({
      name: served.name,
      version: served.version,
      state,
      ...(reason === '' ? {} : { reason }),
    }));
}
