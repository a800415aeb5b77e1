/**
 * The sequence batcher: Get…SequenceControlProperties and ValidateModelConfig (core, model_config_utils.cc) in their own
 * words, and the states against the model.
 */
import { configType } from '../../runtime/triton/types.ts';
import type { TensorFacts } from '../service-facts.ts';
import type { ConfigCheck } from './check-config.ts';
import type { ModelConfig } from './read-config.ts';

type SequenceBatching = NonNullable<ModelConfig['sequence_batching']>;
type Control = SequenceBatching['control_input'][number]['control'][number];
type Report = (problem: string, field: string) => void;

const CORRELATION_TYPES = ['TYPE_UINT64', 'TYPE_INT64', 'TYPE_UINT32', 'TYPE_INT32', 'TYPE_STRING'];
const PAIRS = ['int32_false_true', 'fp32_false_true', 'bool_false_true'] as const;

export function checkSequence(check: ConfigCheck): void {
  const { config, facts, file, problems, lineOf } = check;
  const batcher = config.sequence_batching;
  if (batcher === undefined) return;
  const wrong: Report = (problem, field) => problems.invalid(file, problem, lineOf(`sequence_batching.${field}`));
  checkControls(batcher, facts.name, wrong);
  for (const [index, size] of (batcher.oldest?.preferred_batch_size ?? []).entries()) {
    const field = `oldest.preferred_batch_size.${index}`;
    if (size < 1) wrong(`sequence batching preferred batch size must be positive for ${facts.name}`, field);
    if (size > config.max_batch_size) {
      wrong(`sequence batching preferred batch size must be <= max batch size for ${facts.name}`, field);
    }
  }
  const utilization = batcher.direct?.minimum_slot_utilization ?? 0;
  if (utilization < 0 || utilization > 1) {
    wrong(
      `sequence batching minimum slot utilization must be in range (0.0, 1.0] for ${facts.name}`,
      'direct.minimum_slot_utilization',
    );
  }
  for (const [index, state] of batcher.state.entries()) checkState(check, state, `sequence_batching.state.${index}`);
}

function checkControls({ control_input: inputs }: SequenceBatching, model: string, wrong: Report): void {
  const names = new Set<string>();
  const kinds = new Set<string>();
  for (const [index, { name, control: controls }] of inputs.entries()) {
    const field = `control_input.${index}`;
    if (name === '') wrong(`sequence batching control tensor must have a name for ${model}`, field);
    else if (names.has(name)) {
      wrong(`sequence batching control tensor '${name}' is specified for multiple control kinds for ${model}`, field);
    }
    names.add(name);
    for (const [at, control] of controls.entries()) {
      const place = `${field}.control.${at}`;
      const { kind } = control;
      if (kinds.has(kind)) wrong(`sequence batching specifies multiple ${kind} tensors for ${model}`, place);
      kinds.add(kind);
      const problem = kind === 'CONTROL_SEQUENCE_CORRID' ? correlationProblem(control) : pairProblem(control);
      if (problem !== undefined)
        wrong(
          problem.replace('MODEL', () => model),
          place,
        );
    }
  }
}

function correlationProblem(control: Control): string | undefined {
  if (PAIRS.some((pair) => control[pair].length > 0)) {
    return `sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for ${control.kind} for MODEL`;
  }
  if (CORRELATION_TYPES.includes(control.data_type)) return undefined;
  return `unexpected data type for control ${control.kind} for MODEL. Allowed data types are TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING`;
}

function pairProblem(control: Control): string | undefined {
  const [given, second] = PAIRS.filter((pair) => control[pair].length > 0);
  const end = `for ${control.kind} for MODEL`;
  if (given === undefined) {
    return `sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' ${end}`;
  }
  if (second !== undefined) {
    return `sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and 'bool_false_true' ${end}`;
  }
  return control[given].length === 2
    ? undefined
    : `sequence batching control '${given}' must have exactly 2 entries ${end}`;
}

function checkState(check: ConfigCheck, state: SequenceBatching['state'][number], path: string): void {
  const { config, facts, file, problems, lineOf } = check;
  const { inputs, outputs } = facts.model;
  const ends: readonly [field: 'input_name' | 'output_name', tensors: readonly TensorFacts[]][] = [
    ['input_name', inputs],
    ['output_name', outputs],
  ];
  for (const [field, tensors] of ends) {
    const line = lineOf(`${path}.${field}`);
    const tensor = tensors.find(({ name }) => name === state[field]);
    if (tensor === undefined) {
      const names = tensors.map(({ name }) => name);
      problems.disagrees(file, `${field} of a state`, state[field], names, line);
      continue;
    }
    const type = configType(tensor.dataType);
    const label = `state ${tensor.name}`;
    problems.expect(file, `data_type of ${label}`, state.data_type, type, lineOf(`${path}.data_type`));
    const shape = (tensor.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : -1));
    const own = config.max_batch_size > 0 ? shape.slice(1) : shape;
    if (tensor.shape !== null) {
      problems.expect(file, `dims of ${label}`, state.dims, own, lineOf(`${path}.dims`));
    }
  }
}
