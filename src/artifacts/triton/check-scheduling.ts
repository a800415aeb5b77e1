/**
 * Schedulers and instances of config.pbtxt, judged as Triton does when it loads a model, in Triton's own words where it
 * refuses: ValidateModelConfig and ValidateInstanceGroup (core, model_config_utils.cc), CompareDimsSupported (backend).
 */
import { batching } from '../batching.ts';
import type { TensorFacts } from '../service-facts.ts';
import type { ConfigCheck } from './check-config.ts';
import { checkSequence } from './check-sequence.ts';

export function checkScheduling(check: ConfigCheck): void {
  const { config, facts, file, problems, lineOf } = check;
  const { maxBatchSize, blockedBy } = batching(facts);
  const line = lineOf('max_batch_size');
  if (config.max_batch_size < 0) {
    problems.invalid(file, `'max_batch_size' must be non-negative value for ${facts.name}`, line);
  }
  if (config.max_batch_size > 0 && blockedBy !== null && blockedBy.reason !== 'other-axis') {
    problems.disagrees(file, `max_batch_size (${blockedBy.tensor})`, config.max_batch_size, 0, line);
    problems.invalid(file, refusal(check, blockedBy.tensor), line);
  } else if (config.max_batch_size > maxBatchSize && maxBatchSize > 0) {
    problems.disagrees(file, 'max_batch_size', config.max_batch_size, maxBatchSize, line);
  }
  checkCache(check);
  checkBatcher(check);
  checkSequence(check);
}

function refusal({ facts }: ConfigCheck, name: string): string {
  const tensors: readonly TensorFacts[] = [...facts.model.inputs, ...facts.model.outputs];
  const shape = tensors.find((tensor) => tensor.name === name)?.shape ?? [];
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : -1)).join(',');
  return (
    `model '${facts.name}', tensor '${name}': for the model to support batching the shape should have at least 1 ` +
    `dimension and the first dimension must be -1; but shape expected by the model is [${dims}]`
  );
}

function checkCache({ config, facts, file, problems, lineOf }: ConfigCheck): void {
  if (!config.response_cache?.enable) return;
  const sentence = `Response Cache does not currently support model ${facts.name} with`;
  const line = lineOf('response_cache');
  if (config.sequence_batching !== undefined) {
    problems.invalid(file, `${sentence} sequence batching scheduler. Please disable the response cache.`, line);
  }
  if (config.model_transaction_policy.decoupled) {
    problems.invalid(file, `${sentence} 'decoupled' transaction policy. Please disable the response cache.`, line);
  }
}

function checkBatcher({ config, facts: { name }, file, problems, lineOf }: ConfigCheck): void {
  const { dynamic_batching: batcher, max_batch_size: largest } = config;
  if (batcher === undefined) return;
  const wrong = (problem: string, field = '') =>
    problems.invalid(file, problem, lineOf(`dynamic_batching${field && `.${field}`}`));
  if (largest === 0) wrong('dynamic_batching needs max_batch_size above 0');
  for (const [index, size] of batcher.preferred_batch_size.entries()) {
    const field = `preferred_batch_size.${index}`;
    if (size < 1) wrong(`dynamic batching preferred size must be positive for ${name}`, field);
    if (size > largest) wrong(`dynamic batching preferred size must be <= max batch size for ${name}`, field);
  }
  const { priority_levels: levels, default_priority_level: level, default_queue_policy: policy } = batcher;
  if (levels > 0 && (level < 1 || level > levels)) {
    wrong(`default priority level must be in range [1, ${levels}] for ${name}`, 'default_priority_level');
  }
  if (!batcher.preserve_ordering) return;
  if (levels > 1) wrong(`Only one priority level is allowed when 'preserve_ordering' is true for ${name}`);
  if (policy?.timeout_action === 'DELAY' && policy.default_timeout_microseconds > 0) {
    wrong(
      `Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for ${name}`,
      'default_queue_policy.timeout_action',
    );
  }
}

export function checkInstances({ config, facts, file, problems, lineOf }: ConfigCheck): void {
  for (const [index, { name, kind, gpus, count }] of config.instance_group.entries()) {
    // Triton gives a group without a name this one.
    const group = `instance group ${name || `${facts.name}_${index}`} of model ${facts.name} has kind ${kind}`;
    const line = lineOf(`instance_group.${index}.kind`);
    if (kind === 'KIND_GPU' && facts.serving.gpus === 0) {
      problems.invalid(file, `${group} but no GPUs are available`, line);
    }
    if ((kind === 'KIND_CPU' || kind === 'KIND_MODEL') && gpus.length > 0) {
      problems.invalid(file, `${group} but specifies one or more GPUs`, line);
    }
    if (count < 0) {
      problems.invalid(file, 'the count of an instance_group is negative', lineOf(`instance_group.${index}.count`));
    }
  }
}
