/**
 * Ensembles of the model repository, whoever wrote them: ValidateEnsembleSchedulingConfig (core, model_config_utils.cc)
 * and ValidateTensorMapping (core, ensemble_utils.cc).
 */
import type { Problems } from '../problems.ts';
import type { LineOf, ModelConfig } from './read-config.ts';

export interface EnsembleCheck {
  /** Folder of the ensemble. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly file: string;
  readonly lineOf: LineOf;
  readonly problems: Problems;
  /** The other models of the repository; null for one whose config cannot be read. */
  readonly members: ReadonlyMap<string, ModelConfig | null>;
}

type Step = NonNullable<ModelConfig['ensemble_scheduling']>['step'][number];

export function checkEnsemble(check: EnsembleCheck): void {
  const { name, config, problems, file, lineOf } = check;
  if (config.name !== '') problems.expect(file, 'name', config.name, name, lineOf('name'));
  if (config.backend !== '') {
    const problem = `Ensemble model '${name}' must have platform type 'ensemble' and empty backend type`;
    problems.invalid(file, problem, lineOf('backend'));
  }
  problems.expect(file, 'platform', config.platform, 'ensemble', lineOf('platform'));
  if (config.ensemble_scheduling === undefined) {
    problems.invalid(file, `ensemble scheduling must be set for ensemble ${name} whose platform is ensemble`);
    return;
  }
  checkForbidden(check);
  for (const [index, step] of config.ensemble_scheduling.step.entries()) checkStep(check, step, index);
  checkFlow(check, config.ensemble_scheduling.step);
}

function checkForbidden({ config, problems, file, lineOf }: EnsembleCheck): void {
  const { gpu_execution_accelerator: gpu, cpu_execution_accelerator: cpu } = config.optimization.execution_accelerators;
  const forbidden = {
    instance_group: config.instance_group.length > 0,
    optimization: gpu.length + cpu.length > 0,
    model_warmup: config.model_warmup.length > 0,
  };
  for (const [field, isGiven] of Object.entries(forbidden)) {
    if (isGiven) problems.invalid(file, `an ensemble has no ${field}: that belongs to its members`, lineOf(field));
  }
}

function checkStep({ name, config, problems, file, lineOf, members }: EnsembleCheck, step: Step, index: number): void {
  const path = `ensemble_scheduling.step.${index}`;
  const member = members.get(step.model_name);
  if (member === undefined) {
    problems.disagrees(
      file,
      'model_name of a step',
      step.model_name,
      [...members.keys()],
      lineOf(`${path}.model_name`),
    );
  }
  if (!member) return;
  const { max_batch_size: own } = member;
  if (own !== 0 && own < config.max_batch_size) {
    const allows = `ensemble ${name} allows maximum batch size ${config.max_batch_size}`;
    const only = `it contains model ${step.model_name} which only allows maximum batch size to be ${own}`;
    problems.invalid(file, `${allows}, but ${only}`, lineOf('max_batch_size'));
  }
  const wrong = (problem: string, field: string) =>
    problems.invalid(file, `in ensemble ${name}, ${problem} in model ${step.model_name}`, lineOf(`${path}.${field}`));
  const names = (tensors: readonly { readonly name: string }[]) => new Set(tensors.map((tensor) => tensor.name));
  const [inputs, outputs] = [names(member.input), names(member.output)];
  for (const [at, { key, value }] of step.input_map.entries()) {
    if (inputs.has(key)) continue;
    wrong(`ensemble tensor ${value} is mapping to non-existing input ${key}`, `input_map.${at}`);
  }
  for (const [at, { key, value }] of step.output_map.entries()) {
    if (outputs.has(key)) continue;
    wrong(`ensemble tensor ${value} is mapped from non-existing output ${key}`, `output_map.${at}`);
  }
  for (const input of member.input) {
    if (input.optional || step.input_map.some(({ key }) => key === input.name)) continue;
    const problem = `input ${input.name} in model ${step.model_name} is not mapped to any ensemble tensors`;
    problems.invalid(file, `in ensemble ${name}, ${problem}`, lineOf(path));
  }
}

/** Every tensor is written once, and each that is written is read. */
function checkFlow({ name, config, problems, file, lineOf }: EnsembleCheck, steps: readonly Step[]): void {
  const outputs = config.output.map((output) => output.name);
  const written = new Set(config.input.map((input) => input.name));
  const read = new Set([...outputs, ...steps.flatMap(({ input_map: map }) => map.map(({ value }) => value))]);
  for (const [index, { output_map: map }] of steps.entries()) {
    for (const [at, { value }] of map.entries()) {
      const line = lineOf(`ensemble_scheduling.step.${index}.output_map.${at}`);
      if (written.has(value)) problems.invalid(file, `ensemble tensor '${value}' is written more than once`, line);
      written.add(value);
      if (!read.has(value)) problems.invalid(file, `ensemble tensor '${value}' is unused in ensemble '${name}'`, line);
    }
  }
  for (const input of config.input) {
    if (!read.has(input.name)) {
      problems.invalid(file, `ensemble tensor '${input.name}' is unused in ensemble '${name}'`, lineOf('input'));
    }
  }
  for (const tensor of read) {
    if (written.has(tensor)) continue;
    problems.invalid(file, `nothing writes the ensemble tensor '${tensor}'`, lineOf('ensemble_scheduling'));
  }
}
