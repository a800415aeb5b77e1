/**
 * A model repository that anybody wrote, judged as Triton judges it when it loads: folders, files, and each
 * config.pbtxt against its model. Source: core, model_repository_manager.cc and model_config_utils.cc.
 */
import { DATA_TYPES, type DataType } from '../../onnx/data-type.ts';
import { configType, tritonType } from '../../runtime/triton/types.ts';
import type { ServiceFiles } from '../artifact.ts';
import { Problems } from '../problems.ts';
import { type ServiceFacts, serviceFactsSchema, type TensorFacts } from '../service-facts.ts';
import { backendFacts, backendOf } from './backends.ts';
import { checkAccelerators } from './check-accelerators.ts';
import { type ConfigCheck, checkModel, checkWarmup } from './check-config.ts';
import { checkEnsemble } from './check-ensemble.ts';
import { checkInstances, checkScheduling } from './check-scheduling.ts';
import { checkTensors } from './check-tensors.ts';
import type { ConfigTensor, ModelConfig, ReadConfig } from './read-config.ts';
import { readReported } from './read-reported.ts';

export interface RepositoryModel {
  /** Of its folder. */
  readonly name: string;
  /** Number → paths of its files within it. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Names of version folders that Triton passes over, such as `01`. */
  readonly ignored: readonly string[];
  /** What the ONNX file says; null for other models, and where it cannot be read. */
  readonly onnx: Pick<ServiceFacts['model'], 'inputs' | 'outputs' | 'irVersion' | 'opset'> | null;
}

export interface Repository {
  readonly models: readonly RepositoryModel[];
  /** Path within the repository → text, without those of versions. */
  readonly files: ServiceFiles;
  /** Paths of everything outside of versions. */
  readonly paths: ReadonlySet<string>;
  readonly tritonTag: string;
}

interface Judged {
  readonly model: RepositoryModel;
  readonly file: string;
  /** Undefined where the config is missing or cannot be read. */
  readonly read: ReadConfig | undefined;
}

export function checkRepository(repository: Repository): Problems {
  const problems = new Problems('triton', repository.files);
  const judged = repository.models.map((model): Judged => {
    const file = `${model.name}/config.pbtxt`;
    const text = repository.files.get(file);
    const read = text === undefined ? undefined : readReported(text, file, problems);
    return { model, file, read: read?.problems.length === 0 ? read : undefined };
  });
  const members = new Map(judged.map(({ model, read }) => [model.name, read?.config ?? null]));
  for (const one of judged) checkOne(one, members, repository, problems);
  return problems;
}

function checkOne(
  { model, file, read }: Judged,
  members: ReadonlyMap<string, ModelConfig | null>,
  { files, paths, tritonTag }: Repository,
  problems: Problems,
): void {
  const { name } = model;
  const config = read?.config;
  if (model.versions.size === 0) {
    const passed =
      model.ignored.length === 0 ? '' : `; ${model.ignored.join(', ')} is no positive integer without a leading 0`;
    problems.invalid(
      name,
      `at least one version must be available under the version policy of model '${name}'${passed}`,
    );
  }
  if (config === undefined) {
    if (!files.has(file)) checkWithoutConfig(model, problems);
    return;
  }
  const lineOf = (read as ReadConfig).lineOf;
  if (config.platform === 'ensemble' || config.ensemble_scheduling !== undefined) {
    checkEnsemble({ config, lineOf, name, file, problems, members });
    return;
  }
  if (config.name !== '' && config.name !== name) {
    const problem = `unexpected directory name '${name}' for model '${config.name}', directory name must equal model name`;
    problems.invalid(file, problem, lineOf('name'));
  }
  checkBackend(model, config, problems, file, lineOf);
  const facts = factsOf(model, config, tritonTag);
  const check: ConfigCheck = { config: completed(config, facts), facts, file, problems, lineOf };
  if (model.onnx !== null) checkModel(facts, problems);
  checkTensors(check);
  checkScheduling(check);
  checkInstances(check);
  checkAccelerators(check);
  checkWarmup(check);
  checkSideFiles(check, name, paths);
}

/** Triton makes a config of its own where the backend can tell it. */
function checkWithoutConfig({ name, versions }: RepositoryModel, problems: Problems): void {
  const files = [...versions.values()].at(-1) ?? [];
  const backend = backendOf('', '', files);
  if (backend !== undefined && backendFacts(backend)?.completes) return;
  problems.invalid(name, `has no config.pbtxt, and nothing in it says which backend '${name}' needs`);
}

function checkBackend(
  { name, versions }: RepositoryModel,
  config: ModelConfig,
  problems: Problems,
  file: string,
  lineOf: ConfigCheck['lineOf'],
): void {
  const { platform, default_model_filename: given } = config;
  const newest = [...versions].at(-1);
  const backend = backendOf(config.backend, platform, newest?.[1] ?? []);
  if (backend === undefined) {
    problems.invalid(file, `must specify 'backend' for model '${name}'`, lineOf('platform'));
    return;
  }
  const known = backendFacts(backend);
  if (config.backend !== '' && platform !== '' && known?.platform !== platform) {
    problems.invalid(file, `unexpected 'platform' and 'backend' pair, got:${platform}, ${backend}`, lineOf('platform'));
  }
  const expected = given !== '' ? given : known?.file;
  if (!expected) return;
  for (const [version, files] of versions) {
    if (files.some((path) => path === expected || path.startsWith(`${expected}/`))) continue;
    problems.invalid(`${name}/${version}`, `unable to find '${name}/${version}/${expected}' for model '${name}'`);
  }
}

/** What the ONNX file says, or for other models what the config says of itself: then only its own rules are judged. */
function factsOf({ name, onnx }: RepositoryModel, config: ModelConfig, tritonTag: string): ServiceFacts {
  const own = {
    inputs: asFacts(config.input, config),
    outputs: asFacts(config.output, config),
    irVersion: 1,
    opset: 1,
  };
  // Without a group, or with KIND_AUTO, Triton takes the GPUs that are there.
  const usesGpu = config.instance_group.length === 0 || config.instance_group.some(({ kind }) => kind !== 'KIND_CPU');
  return {
    ...PLAIN,
    // Folders of others may have any name.
    name,
    model: { ...PLAIN.model, ...(onnx ?? own) },
    serving: {
      ...PLAIN.serving,
      tritonTag,
      maxBatchSize: Math.max(1, config.max_batch_size),
      gpus: usesGpu ? 1 : 0,
    },
  };
}

/** What is not known of a model of others, and not asked. */
const PLAIN: ServiceFacts = serviceFactsSchema.parse({
  schemaVersion: 1,
  nimifyVersion: '0',
  name: 'model',
  sourceSha256: '0',
  model: {
    sha256: '0',
    sizeBytes: 0,
    irVersion: 1,
    opset: 1,
    precision: 'float32',
    method: 'original',
    weightBytes: 0,
    inputs: [],
    outputs: [],
    externalFiles: {},
  },
  serving: {
    maxBatchSize: 1,
    maxQueueDelayUs: 0,
    instanceCount: 1,
    httpPort: 8000,
    grpcPort: 8001,
    metricsPort: 8002,
    tritonTag: '26.07',
    replicas: 1,
    cpuCores: 1,
    memoryMiB: 1,
    gpus: 0,
  },
  slo: { latencyMs: 100, availabilityRatio: 0.99 },
});

/** Names of Triton's types in a config → ours. */
const TYPE_NAMES: ReadonlyMap<string, DataType> = new Map(
  (Object.keys(DATA_TYPES) as DataType[]).flatMap((type) => {
    const config = tritonType(type)?.config;
    return config === undefined ? [] : [[config, type] as const];
  }),
);

function asFacts(tensors: readonly ConfigTensor[], { max_batch_size: batch }: ModelConfig): TensorFacts[] {
  return tensors.map(({ name, data_type: type, dims, reshape }) => {
    const shape = (reshape?.shape ?? dims).map((dim) => (dim === -1 ? null : dim));
    return { name, dataType: TYPE_NAMES.get(type) ?? type, shape: batch > 0 ? [null, ...shape] : shape };
  });
}

/** With the tensors that Triton fills in where the config lists none: those are right by themselves. */
function completed(config: ModelConfig, { model }: ServiceFacts): ModelConfig {
  const fill = (given: readonly ConfigTensor[], facts: readonly TensorFacts[]): ConfigTensor[] =>
    given.length > 0 ? [...given] : facts.map((fact) => tensorOf(fact, config));
  return { ...config, input: fill(config.input, model.inputs), output: fill(config.output, model.outputs) };
}

function tensorOf({ name, dataType, shape }: TensorFacts, { max_batch_size: batch }: ModelConfig): ConfigTensor {
  const full = (shape ?? [null]).map((dim) => (typeof dim === 'number' ? dim : -1));
  const dims = batch > 0 ? full.slice(1) : full;
  return {
    name,
    data_type: configType(dataType),
    format: 'FORMAT_NONE',
    dims: dims.length === 0 ? [1] : dims,
    ...(dims.length === 0 && batch > 0 ? { reshape: { shape: [] } } : {}),
    label_filename: '',
    optional: false,
    allow_ragged_batch: false,
  };
}

/** Labels and samples of the warm-up lie beside the config. */
function checkSideFiles(
  { config, file, problems, lineOf }: ConfigCheck,
  name: string,
  paths: ReadonlySet<string>,
): void {
  for (const [index, { label_filename: labels }] of config.output.entries()) {
    if (labels === '' || paths.has(`${name}/${labels}`)) continue;
    problems.invalid(
      file,
      `the file of labels ${name}/${labels} is not there`,
      lineOf(`output.${index}.label_filename`),
    );
  }
  for (const [index, { inputs }] of config.model_warmup.entries()) {
    for (const { value } of inputs) {
      const data = value.input_data_file;
      if (data === undefined || paths.has(`${name}/warmup/${data}`)) continue;
      problems.invalid(file, `the sample ${name}/warmup/${data} is not there`, lineOf(`model_warmup.${index}`));
    }
  }
}
