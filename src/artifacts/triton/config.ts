/** From facts to the message of config.pbtxt; rules of the ONNX Runtime backend are named where they decide. */
import { hasLatencyHistogram } from '../../runtime/releases/triton.ts';
import { configType } from '../../runtime/triton/types.ts';
import { type Batching, batching } from '../batching.ts';
import { queueLimit, threadsPerInstance } from '../capacity.ts';
import { latencyBoundsMs } from '../latency.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { requestShape } from '../tensors.ts';
import { acceleration } from './accelerators.ts';
import { preprocessPlan } from './preprocess.ts';
import { hasResponseCache, type SequencePlan, sequencePlan } from './sequence.ts';
import { enumName, printTextFormat, type TextMessage } from './text-format.ts';
import { warmup } from './warmup.ts';

export type Device = 'cpu' | 'gpu';

/** The same service on a machine of that kind. */
export function onDevice(facts: ServiceFacts, device: Device): ServiceFacts {
  const gpus = device === 'cpu' ? 0 : Math.max(1, facts.serving.gpus);
  return { ...facts, serving: { ...facts.serving, gpus } };
}

export function printConfig(facts: ServiceFacts): string {
  const plan = batching(facts);
  const sequence = sequencePlan(facts);
  const accelerated = acceleration(facts);
  const warm = warmup(facts, plan);
  const comments = [
    ...(plan.blockedBy === null
      ? []
      : [`max_batch_size is 0 because of ${plan.blockedBy.tensor}: ${BLOCKED[plan.blockedBy.reason]}.`]),
    ...(warm.omitted === null ? [] : [`No model_warmup: ${warm.omitted}.`]),
    ...sequence.comments,
    ...accelerated.comments,
    ...noEnsemble(facts),
  ];
  const { optimization } = accelerated;
  return printTextFormat(modelConfig(facts, { plan, sequence, samples: warm.samples, optimization }), comments);
}

function noEnsemble(facts: ServiceFacts): string[] {
  const plan = preprocessPlan(facts);
  return typeof plan === 'string' ? [`No ensemble with preprocessing, which the client does: ${plan}.`] : [];
}

const BLOCKED = {
  scalar: 'it is a scalar and has no batch dimension',
  fixed: 'its first dimension is fixed in the model',
  'rank-unknown': 'its rank is not known',
  'other-axis': 'its first dimension is dynamic but not the batch',
} as const;

interface Parts {
  readonly plan: Batching;
  readonly sequence: SequencePlan;
  readonly samples: readonly TextMessage[];
  readonly optimization: TextMessage | undefined;
}

function modelConfig(facts: ServiceFacts, { plan, sequence, samples, optimization }: Parts): TextMessage {
  const isBatched = plan.maxBatchSize > 0;
  const isHidden = ({ name }: TensorFacts) => sequence.hidden.has(name);
  return {
    name: facts.name,
    backend: 'onnxruntime',
    default_model_filename: 'model.onnx',
    // Written even when 0: absent would mean the same, but people and diffs should see it.
    max_batch_size: plan.maxBatchSize,
    input: facts.model.inputs.filter((input) => !isHidden(input)).map((input) => tensorMessage(input, plan)),
    output: facts.model.outputs.filter((output) => !isHidden(output)).map((output) => tensorMessage(output, plan)),
    version_policy: { latest: { num_versions: 1 } },
    instance_group: [instanceGroup(facts)],
    optimization,
    dynamic_batching: isBatched && sequence.message === undefined ? dynamicBatching(facts) : undefined,
    sequence_batching: sequence.message,
    parameters: facts.serving.gpus > 0 ? GPU_PARAMETERS : [threadParameter(facts)],
    response_cache: hasResponseCache(facts) ? { enable: true } : undefined,
    model_warmup: samples.length > 0 ? samples : undefined,
    model_metrics: hasLatencyHistogram(facts.serving.tritonTag) ? metrics(facts) : undefined,
  };
}

/** A tensor as clients see it, and as it flows between the members of an ensemble. */
export function shownTensor(tensor: TensorFacts, isBatched: boolean): TextMessage {
  const shape = requestShape(tensor, isBatched);
  return {
    name: tensor.name,
    data_type: enumName(configType(tensor.dataType)),
    dims: isBatched ? shape.slice(1) : shape,
  };
}

function tensorMessage(tensor: TensorFacts, plan: Batching): TextMessage {
  const isBatched = plan.maxBatchSize > 0;
  return {
    ...shownTensor(tensor, isBatched),
    // One value per row: dims may not be empty, so the 1 is taken away again before the model sees it.
    reshape: isBatched && tensor.shape?.length === 1 ? { shape: [] } : undefined,
  };
}

/** The count is always written: KIND_CPU without one means two instances for this backend. */
function instanceGroup(facts: ServiceFacts): TextMessage {
  return {
    count: facts.serving.instanceCount,
    kind: enumName(facts.serving.gpus > 0 ? 'KIND_GPU' : 'KIND_CPU'),
  };
}

function dynamicBatching(facts: ServiceFacts): TextMessage {
  return {
    max_queue_delay_microseconds: facts.serving.maxQueueDelayUs,
    default_queue_policy: {
      timeout_action: enumName('REJECT'),
      ...queueTimeout(facts),
      max_queue_size: queueLimit(facts),
    },
  };
}

/** A client may ask for less, in its request; 0 would mean no limit, which is the default. */
function queueTimeout({ serving: { queueTimeoutMs } }: ServiceFacts): TextMessage {
  if (queueTimeoutMs === 0) return {};
  return { default_timeout_microseconds: queueTimeoutMs * 1000, allow_timeout_override: true };
}

/** The arena grows by what is asked for: doubling takes memory that it never gives back (onnxruntime_backend#102, #161). */
const GPU_PARAMETERS: readonly TextMessage[] = [{ key: 'arena_extend_strategy', value: { string_value: '1' } }];

function threadParameter(facts: ServiceFacts): TextMessage {
  return { key: 'intra_op_thread_count', value: { string_value: String(threadsPerInstance(facts)) } };
}

function metrics(facts: ServiceFacts): TextMessage {
  return {
    metric_control: [
      {
        metric_identifier: { family: LATENCY_HISTOGRAM },
        histogram_options: { buckets: latencyBoundsMs(facts) },
      },
    ],
  };
}
