/** Judges config.pbtxt by the rules that make Triton and its ONNX Runtime backend refuse a model. */
import { opsetsBeyond } from '../../runtime/releases/onnx-runtime.ts';
import { hasLatencyHistogram, tritonRelease } from '../../runtime/releases/triton.ts';
import { tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import { sloBoundMs } from '../latency.ts';
import type { Problems } from '../problems.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { checkAccelerators } from './check-accelerators.ts';
import { checkInstances, checkScheduling } from './check-scheduling.ts';
import { checkTensors } from './check-tensors.ts';
import type { LineOf, ModelConfig } from './read-config.ts';

export interface ConfigCheck {
  readonly config: ModelConfig;
  readonly facts: ServiceFacts;
  readonly file: string;
  readonly problems: Problems;
  readonly lineOf: LineOf;
}

export function checkConfig(check: ConfigCheck): void {
  checkIdentity(check);
  checkTensors(check);
  checkScheduling(check);
  checkInstances(check);
  checkAccelerators(check);
  checkWarmup(check);
  checkBuckets(check);
}

/** What no config can mend: types that Triton does not know, an IR version that its ONNX Runtime refuses. */
export function checkModel(facts: ServiceFacts, problems: Problems): void {
  const tensors: readonly TensorFacts[] = [...facts.model.inputs, ...facts.model.outputs];
  for (const { name, dataType } of tensors) {
    if (tritonType(dataType) === undefined) problems.add('TRITON_TYPE_UNSUPPORTED', { tensor: name, dataType }, name);
  }
  const { tritonTag } = facts.serving;
  const release = tritonRelease(tritonTag);
  const { irVersion, opset } = facts.model;
  if (release !== undefined) {
    const { onnxRuntime, runtime } = release;
    const { maxIrVersion } = runtime;
    if (irVersion > maxIrVersion) {
      problems.add('TRITON_IR_TOO_NEW', { irVersion, tritonTag, onnxRuntime, maxIrVersion });
    }
    for (const { version, supported } of opsetsBeyond(runtime, { 'ai.onnx': opset })) {
      problems.add('TRITON_OPSET_TOO_NEW', { domain: 'ai.onnx', version, supported, tritonTag, onnxRuntime });
    }
  }
  const { blockedBy } = batching(facts);
  if (blockedBy !== null) problems.add('BATCHING_OFF', { ...blockedBy }, blockedBy.tensor);
  if (!hasLatencyHistogram(tritonTag)) problems.add('LATENCY_HISTOGRAM_MISSING', { tritonTag });
}

function checkIdentity({ config, facts, file, problems, lineOf }: ConfigCheck): void {
  const { name, backend, platform } = config;
  if (name !== '') problems.expect(file, 'name', name, facts.name, lineOf('name'));
  if (backend !== 'onnxruntime') problems.expect(file, 'backend', backend, 'onnxruntime', lineOf('backend'));
  if (platform !== '' && platform !== 'onnxruntime_onnx') {
    const problem = `unexpected 'platform' and 'backend' pair, got:${platform}, ${backend}`;
    problems.invalid(file, problem, lineOf('platform'));
  }
}

export function checkWarmup({ config, facts, file, problems, lineOf }: ConfigCheck): void {
  const types = new Map(config.input.map((input) => [input.name, input.data_type]));
  for (const [index, sample] of config.model_warmup.entries()) {
    const path = `model_warmup.${index}`;
    const given = new Set(sample.inputs.map(({ key }) => key));
    const label = `model_warmup ${sample.name}`;
    for (const { name } of facts.model.inputs) {
      if (!given.has(name)) problems.invalid(file, `${label} lacks the input ${name}`, lineOf(path));
    }
    for (const [at, { key, value }] of sample.inputs.entries()) {
      const line = lineOf(`${path}.inputs.${at}`);
      if (types.get(key) !== value.data_type)
        problems.disagrees(file, `${label} ${key}`, value.data_type, types.get(key) ?? null, line);
      if (value.dims.some((dim) => dim < 1)) problems.invalid(file, `${label} ${key} needs dims of at least 1`, line);
    }
    const limit = Math.max(1, config.max_batch_size);
    if (sample.batch_size < 1 || sample.batch_size > limit) {
      problems.invalid(
        file,
        `${label} has batch_size ${sample.batch_size}, which is not between 1 and ${limit}`,
        lineOf(`${path}.batch_size`),
      );
    }
  }
}

function checkBuckets({ config, facts, file, problems, lineOf }: ConfigCheck): void {
  if (!hasLatencyHistogram(facts.serving.tritonTag)) return;
  const bounds = histogramBuckets(config);
  const line = lineOf('model_metrics');
  if (!bounds.includes(sloBoundMs(facts)))
    problems.disagrees(file, `buckets of ${LATENCY_HISTOGRAM}`, bounds, [sloBoundMs(facts)], line);
  if (bounds.some((bound, index) => !Number.isInteger(bound) || bound <= (bounds[index - 1] ?? 0))) {
    problems.invalid(file, `the buckets of ${LATENCY_HISTOGRAM} are not ascending whole milliseconds`, line);
  }
}

/** Buckets that Triton uses when the config names none. */
const DEFAULT_BUCKETS = [100, 500, 2000, 5000];

export function histogramBuckets(config: ModelConfig): readonly number[] {
  const control = config.model_metrics.metric_control.find(
    (item) => item.metric_identifier.family === LATENCY_HISTOGRAM,
  );
  return control?.histogram_options?.buckets ?? DEFAULT_BUCKETS;
}
