/** Names, types and dims of config.pbtxt against the model: ValidateInputs, ValidateOutputs and CompareDimsSupported. */
import { tritonType } from '../../runtime/triton/types.ts';
import type { TensorFacts } from '../service-facts.ts';
import type { ConfigCheck } from './check-config.ts';
import type { ConfigTensor } from './read-config.ts';

type Role = 'input' | 'output';

export function checkTensors(check: ConfigCheck): void {
  const { inputs, outputs } = check.facts.model;
  // Triton keeps these itself.
  const states = check.config.sequence_batching?.state ?? [];
  const isOpen = ({ name }: TensorFacts) =>
    !states.some((state) => [state.input_name, state.output_name].includes(name));
  checkRole(check, 'input', check.config.input, inputs.filter(isOpen));
  checkRole(check, 'output', check.config.output, outputs.filter(isOpen));
}

function checkRole(
  check: ConfigCheck,
  role: Role,
  given: readonly ConfigTensor[],
  expected: readonly TensorFacts[],
): void {
  const { file, problems, lineOf } = check;
  const names = given.map(({ name }) => name);
  if (new Set(names).size !== names.length) problems.invalid(file, `an ${role} is listed twice`, lineOf(role));
  const missing = expected.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const isRequired = role === 'input';
  if (missing.length > 0 && (isRequired || given.length === 0))
    problems.disagrees(
      file,
      `${role}s`,
      names,
      expected.map(({ name }) => name),
      lineOf(role),
    );
  for (const [index, tensor] of given.entries()) {
    const path = `${role}.${index}`;
    const fact = expected.find(({ name }) => name === tensor.name);
    if (fact === undefined)
      problems.disagrees(
        file,
        `${role} ${tensor.name}`,
        tensor.name,
        expected.map(({ name }) => name),
        lineOf(`${path}.name`),
      );
    else checkTensor(check, role, { tensor, fact, path });
  }
}

/** A tensor of the config, the same one of the model, and where the first stands. */
interface Pair {
  readonly tensor: ConfigTensor;
  readonly fact: TensorFacts;
  readonly path: string;
}

function checkTensor(check: ConfigCheck, role: Role, pair: Pair): void {
  const { tensor, fact, path } = pair;
  const { file, problems, lineOf } = check;
  const label = `${role} ${tensor.name}`;
  const type = tritonType(fact.dataType)?.config;
  if (type !== undefined)
    problems.expect(file, `data_type of ${label}`, tensor.data_type, type, lineOf(`${path}.data_type`));
  for (const [field, problem] of ownRules(tensor, check.config.max_batch_size)) {
    problems.invalid(file, `${label} ${problem}`, lineOf(`${path}.${field}`));
  }
  checkShape(check, role, pair);
}

/** The field, and what is wrong with it. */
type OwnProblem = readonly [field: string, problem: string];

/** Rules that hold whatever the model is (ValidateModelInput, model_config_utils.cc). */
function* ownRules(tensor: ConfigTensor, maxBatchSize: number): Generator<OwnProblem> {
  if (tensor.dims.length === 0) yield ['dims', 'has no dims; a scalar is written [ 1 ]'];
  if (tensor.dims.some((dim) => dim !== -1 && dim < 1)) yield ['dims', 'has a dim that is neither -1 nor at least 1'];
  if (tensor.format !== 'FORMAT_NONE' && tensor.dims.length !== 3)
    yield ['format', `has ${tensor.format}, which needs three dims`];
  if (tensor.optional && maxBatchSize > 0) yield ['optional', 'is optional, which needs max_batch_size 0'];
  if (tensor.optional && tensor.allow_ragged_batch) yield ['optional', 'is optional and allows ragged batches'];
  if (tensor.reshape !== undefined) yield* reshapeRules(tensor.dims, tensor.reshape.shape, maxBatchSize);
}

function* reshapeRules(dims: readonly number[], shape: readonly number[], maxBatchSize: number): Generator<OwnProblem> {
  if (shape.length === 0 && maxBatchSize === 0)
    yield ['reshape', 'has an empty reshape, which needs max_batch_size above 0'];
  if (shape.some((dim) => dim !== -1 && dim < 1))
    yield ['reshape', 'has a reshape dim that is neither -1 nor at least 1'];
  if (JSON.stringify(segments(dims)) !== JSON.stringify(segments(shape))) {
    yield ['reshape', 'has a reshape of another element count'];
  }
}

/** Products between the dynamic dims: both sides need as many -1 with equal products around them. */
function segments(dims: readonly number[]): number[] {
  const products = [1];
  for (const dim of dims) {
    if (dim === -1) products.push(1);
    else products[products.length - 1] = (products.at(-1) as number) * dim;
  }
  return products;
}

/** An input may be narrower than the model where the model is dynamic; an output must be the same. */
function checkShape({ config, file, problems, lineOf }: ConfigCheck, role: Role, { tensor, fact, path }: Pair): void {
  if (fact.shape === null) return;
  const model = fact.shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  const own = tensor.reshape?.shape ?? tensor.dims;
  const given = config.max_batch_size > 0 ? [-1, ...own] : own;
  const expected = model.length === 0 ? [1] : model;
  const fits =
    given.length === expected.length &&
    expected.every((dim, index) => dim === given[index] || (role === 'input' && dim === -1));
  if (!fits) problems.disagrees(file, `shape of ${role} ${tensor.name}`, given, expected, lineOf(`${path}.dims`));
}
