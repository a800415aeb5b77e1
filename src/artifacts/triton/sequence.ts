/**
 * Sequence batching with implicit state management: Triton keeps the state of a sequence between its requests, so the
 * client neither sends nor receives it (triton-inference-server/server, docs: "Implicit State Management").
 */
import { configType, tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import { queueLimit } from '../capacity.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { enumName, type TextMessage } from './text-format.ts';

export interface SequencePlan {
  readonly message: TextMessage | undefined;
  /** Names of states, which config.pbtxt then lists neither as inputs nor as outputs. */
  readonly hidden: ReadonlySet<string>;
  readonly comments: readonly string[];
}

/** Triton's own default of one second would forget a speaker who takes a breath. */
const MAX_IDLE_MICROSECONDS = 60_000_000;

interface StatePair {
  readonly input: TensorFacts;
  readonly output: TensorFacts;
}

export function sequencePlan(facts: ServiceFacts): SequencePlan {
  const { states } = facts.model;
  if (states.length === 0) return { message: undefined, hidden: new Set(), comments: [] };
  const obstacle = obstacleOf(facts);
  if (obstacle !== null) {
    const names = states.map(({ input, output }) => `${output} into ${input}`).join(', ');
    return {
      message: undefined,
      hidden: new Set(),
      comments: [
        `No sequence_batching: ${obstacle}. The client carries the state: it sends ${names} of the next request.`,
      ],
    };
  }
  return {
    message: sequenceBatching(facts),
    hidden: new Set(states.flatMap(({ input, output }) => [input, output])),
    comments:
      facts.serving.responseCacheMiB > 0
        ? ['No response_cache: Triton does not support it with sequence batching, whose answers depend on the state.']
        : [],
  };
}

export function isSequenceBatched(facts: ServiceFacts): boolean {
  return sequencePlan(facts).message !== undefined;
}

export function hasResponseCache(facts: ServiceFacts): boolean {
  return facts.serving.responseCacheMiB > 0 && !isSequenceBatched(facts);
}

/** Why Triton cannot keep the state; null where it can. */
function obstacleOf(facts: ServiceFacts): string | null {
  const { states, inputs, outputs } = facts.model;
  const { blockedBy } = batching(facts);
  // Triton puts the slots of sequences along the first dimension (SequenceStates::Initialize adds it to the dims).
  if (blockedBy !== null) {
    return `Triton keeps states with the batch as their first dimension, which ${blockedBy.tensor} does not have`;
  }
  if (states.length >= inputs.length || states.length >= outputs.length) return 'all inputs or outputs are states';
  for (const state of states) {
    const pair = pairOf(facts, state);
    if (pair === undefined) return `${state.input} or ${state.output} is not in the model`;
    const problem = pairProblem(pair);
    if (problem !== null) return problem;
  }
  return null;
}

function pairOf({ model }: ServiceFacts, state: { input: string; output: string }): StatePair | undefined {
  const input = model.inputs.find(({ name }) => name === state.input);
  const output = model.outputs.find(({ name }) => name === state.output);
  return input && output && { input, output };
}

function pairProblem({ input, output }: StatePair): string | null {
  if (input.dataType !== output.dataType || tritonType(input.dataType) === undefined) {
    return `${input.name} is ${input.dataType} and ${output.name} is ${output.dataType}`;
  }
  const dims = (input.shape ?? []).slice(1);
  if (dims.length === 0) return `${input.name} is one value per row, for which a state has no dims`;
  if (!dims.every((dim) => typeof dim === 'number' && dim > 0)) {
    return `${input.name} is dynamic beyond the batch, so its first value has no size`;
  }
  if (JSON.stringify(dims) !== JSON.stringify((output.shape ?? []).slice(1))) {
    return `${input.name} and ${output.name} differ in shape`;
  }
  return null;
}

/**
 * `oldest` forms batches of requests alone. `direct` would send empty slots too, and this model has no
 * CONTROL_SEQUENCE_READY input by which it could tell them from requests.
 */
function sequenceBatching(facts: ServiceFacts): TextMessage {
  return {
    max_sequence_idle_microseconds: MAX_IDLE_MICROSECONDS,
    oldest: {
      max_candidate_sequences: queueLimit(facts),
      max_queue_delay_microseconds: facts.serving.maxQueueDelayUs,
    },
    state: facts.model.states.map((state) => stateMessage(pairOf(facts, state) as StatePair)),
  };
}

function stateMessage({ input, output }: StatePair): TextMessage {
  const data_type = enumName(configType(input.dataType));
  const dims = (input.shape ?? []).slice(1) as number[];
  return {
    input_name: input.name,
    output_name: output.name,
    data_type,
    dims,
    initial_state: [{ name: `${input.name} at the start`, data_type, dims, zero_data: true }],
  };
}
