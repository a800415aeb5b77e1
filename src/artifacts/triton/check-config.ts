/** Judges config.pbtxt by the rules that make Triton and its ONNX Runtime backend refuse a model. */
import { opsetsBeyond } from '../../runtime/releases/onnx-runtime.ts';
import { hasLatencyHistogram, tritonRelease } from '../../runtime/releases/triton.ts';
import { tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import { sloBoundMs } from '../latency.ts';
import type { Problems } from '../problems.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
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

function checkIdentity({ config, facts, file, problems }: ConfigCheck): void {
  if (config.name !== '') problems.expect(file, 'name', config.name, facts.name);
  if (config.backend !== 'onnxruntime') problems.expect(file, 'backend', config.backend, 'onnxruntime');
  if (config.platform !== '' && config.platform !== 'onnxruntime_onnx') {
    problems.expect(file, 'platform', config.platform, 'onnxruntime_onnx');
  }
}

function checkScheduling({ config, facts, file, problems }: ConfigCheck): void {
  const { maxBatchSize, blockedBy } = batching(facts);
  if (config.max_batch_size < 0) problems.invalid(file, 'max_batch_size is negative');
  const isImpossible = blockedBy !== null && blockedBy.reason !== 'other-axis';
  if (config.max_batch_size > 0 && isImpossible) {
    problems.disagrees(file, `max_batch_size (${blockedBy.tensor})`, config.max_batch_size, 0);
  } else if (config.max_batch_size > maxBatchSize && maxBatchSize > 0) {
    problems.disagrees(file, 'max_batch_size', config.max_batch_size, maxBatchSize);
  }
  if (config.response_cache?.enable && config.sequence_batching !== undefined) {
    problems.invalid(file, 'response_cache does not go with sequence_batching');
  }
  checkBatcher(config, (problem) => problems.invalid(file, problem));
}

function checkBatcher({ dynamic_batching: batcher, max_batch_size: largest }: ModelConfig, wrong: (p: string) => void) {
  if (batcher === undefined) return;
  if (largest === 0) wrong('dynamic_batching needs max_batch_size above 0');
  for (const size of batcher.preferred_batch_size) {
    if (size < 1 || size > largest)
      wrong(`preferred_batch_size ${size} is not between 1 and max_batch_size ${largest}`);
  }
  const { priority_levels: levels, default_priority_level: level } = batcher;
  if (levels > 0 && (level < 1 || level > levels))
    wrong(`default_priority_level ${level} is not between 1 and ${levels}`);
  if (batcher.preserve_ordering && levels > 1) wrong('preserve_ordering does not go with priority_levels above 1');
  if (batcher.preserve_ordering && batcher.default_queue_policy?.timeout_action === 'DELAY') {
    wrong('preserve_ordering does not go with timeout_action DELAY');
  }
}

function checkInstances({ config, facts, file, problems }: ConfigCheck): void {
  for (const group of config.instance_group) {
    if (group.kind === 'KIND_CPU' && group.gpus.length > 0) problems.invalid(file, 'KIND_CPU does not go with gpus');
    if (group.kind === 'KIND_GPU' && facts.serving.gpus === 0) {
      problems.disagrees(file, 'instance_group kind', group.kind, 'KIND_CPU');
    }
    if (group.count < 0) problems.invalid(file, 'the count of an instance_group is negative');
  }
}

function checkWarmup({ config, facts, file, problems }: ConfigCheck): void {
  const types = new Map(config.input.map((input) => [input.name, input.data_type]));
  for (const sample of config.model_warmup) {
    const given = new Set(sample.inputs.map(({ key }) => key));
    const label = `model_warmup ${sample.name}`;
    for (const { name } of facts.model.inputs) {
      if (!given.has(name)) problems.invalid(file, `${label} lacks the input ${name}`);
    }
    for (const { key, value } of sample.inputs) {
      if (types.get(key) !== value.data_type)
        problems.disagrees(file, `${label} ${key}`, value.data_type, types.get(key) ?? null);
      if (value.dims.some((dim) => dim < 1)) problems.invalid(file, `${label} ${key} needs dims of at least 1`);
    }
    const limit = Math.max(1, config.max_batch_size);
    if (sample.batch_size < 1 || sample.batch_size > limit) {
      problems.invalid(file, `${label} has batch_size ${sample.batch_size}, which is not between 1 and ${limit}`);
    }
  }
}

function checkBuckets({ config, facts, file, problems }: ConfigCheck): void {
  if (!hasLatencyHistogram(facts.serving.tritonTag)) return;
  const bounds = histogramBuckets(config);
  if (!bounds.includes(sloBoundMs(facts)))
    problems.disagrees(file, `buckets of ${LATENCY_HISTOGRAM}`, bounds, [sloBoundMs(facts)]);
  if (bounds.some((bound, index) => !Number.isInteger(bound) || bound <= (bounds[index - 1] ?? 0))) {
    problems.invalid(file, `the buckets of ${LATENCY_HISTOGRAM} are not ascending whole milliseconds`);
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
