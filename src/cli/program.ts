/** The table of commands. Nothing but data: a command's code is loaded when it runs. */
import { BUDGET_FLAGS } from './budget-flags.ts';
import type { CommandSpec } from './command-spec.ts';
import {
  BIND_FLAG,
  DATA_FLAGS,
  FAIL_ON_FLAG,
  FORCE_FLAG,
  OUTPUT_FLAG,
  REPORT_FLAG,
  SCAN_FORMATS,
  SPLIT_FLAGS,
  VALIDATE_FORMATS,
} from './flags.ts';
import { MEASURE_SETTINGS, MODEL_ARGUMENT } from './model-words.ts';
import { CONVERT, QUANTIZE } from './new-models.ts';
import { RECORDS_AND_SETUP } from './records-and-setup.ts';

const SERVICE_ARGUMENT = {
  name: 'service',
  description: 'A service folder that nimify create wrote.',
  completes: 'folder',
} as const;

/** What the artifacts of a service depend on. */
const SERVICE_SETTINGS = [
  'service.maxBatchSize',
  'service.replicas',
  'service.gpus',
  'service.accelerator',
  'service.imageProfile',
  'service.tritonTag',
  'slo.latencyMs',
] as const;

const CREATE: CommandSpec = {
  name: 'create',
  group: 'Services',
  summary: 'Make a service folder from a model',
  details:
    'Scans and analyzes the model, tries quantizers, measures each candidate against the original, writes all deployment artifacts for the one that earns it, and records the version in the catalog. With --max-drop, --min-sqnr or --min-agreement it serves what the search of nimify quantize finds; where nothing holds the budget and pays, the original, and --fail-on warning makes that exit code 3.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    { ...OUTPUT_FLAG, description: 'Folder to make; ./NAME by default.', completes: 'folder' },
    {
      flag: '--name',
      value: 'NAME',
      description: 'Name of the service: a-z, 0-9 and dashes. From the file by default.',
    },
    ...DATA_FLAGS,
    ...SPLIT_FLAGS,
    ...BUDGET_FLAGS,
    { ...REPORT_FLAG, description: 'Folder to make, with all that a search measured; also in a dry run.' },
    {
      flag: '--slo',
      value: 'OBJECTIVE',
      description: 'p99=50ms,availability=99.9: alerts, buckets and the rest of the artifacts follow it.',
    },
    {
      flag: '--rps',
      value: 'RATE',
      description: 'Requests per second: measure batches here, and choose batch, queue, instances and replicas.',
    },
    {
      flag: '--allow',
      value: 'RULE',
      description: 'Let a rule of nimify scan pass. May be given often.',
      isRepeatable: true,
    },
    FORCE_FLAG,
    { flag: '--overwrite', description: 'With --force: replace files that were edited too; they are kept otherwise.' },
    { flag: '--dry-run', description: 'Do everything but write and record.' },
    FAIL_ON_FLAG,
  ],
  settings: [
    'quantization.methods',
    'quantization.target',
    'quantization.insist',
    'quantization.calibrationSamples',
    'quantization.calibrationCache',
    ...MEASURE_SETTINGS,
    'evaluation.minSqnrDb',
    'evaluation.minTop1Agreement',
    'evaluation.acceptRandomData',
    ...SERVICE_SETTINGS,
  ],
  examples: [
    { command: 'nimify create model.onnx --data ./photos', does: 'Measure on your own samples' },
    {
      command: 'nimify create model.onnx --data ./photos --max-drop 0.5%',
      does: 'Serve the fastest that loses next to nothing',
    },
    {
      command: 'nimify create model.onnx --slo p99=50ms,availability=99.9 --rps 200',
      does: 'Size the service for a load',
    },
    { command: 'nimify create model.onnx --bind batch=1 --dry-run', does: 'See what would be written' },
  ],
  load: () => import('./commands/create.ts'),
};

const GENERATE: CommandSpec = {
  name: 'generate',
  group: 'Services',
  summary: 'Make the artifacts of a service again, after settings changed',
  details:
    'The facts come from service.json, with those settings on top that the configuration file, a variable or a flag gives. Only files that change are written, and files that were edited stay as they are; nimify.lock knows them.',
  arguments: [SERVICE_ARGUMENT],
  flags: [
    { flag: '--overwrite', description: 'Replace files that were edited too.' },
    { flag: '--dry-run', description: 'Say what would be written.' },
    FAIL_ON_FLAG,
  ],
  settings: SERVICE_SETTINGS,
  examples: [
    { command: 'nimify generate ./mnist --replicas 4', does: 'Write what depends on the number of pods' },
    { command: 'nimify generate ./mnist --dry-run --fail-on warning', does: 'Exit with 3 where a file was edited' },
  ],
  load: () => import('./commands/generate.ts'),
};

const VALIDATE: CommandSpec = {
  name: 'validate',
  group: 'Services',
  summary: 'Check the artifacts of a service against the model and each other',
  arguments: [{ ...SERVICE_ARGUMENT, isOptional: true }],
  details:
    'For CI: sarif is read by code scanning, junit by what shows tests, github is lines that GitHub Actions shows beside the files.',
  flags: [
    {
      flag: '--format',
      value: 'FORMAT',
      description: 'What is printed, or written with -o; json is the same as --json.',
      choices: VALIDATE_FORMATS,
      standard: 'text',
    },
    { ...OUTPUT_FLAG, description: 'Write that to a file and print the text.' },
    {
      flag: '--triton-repo',
      value: 'DIR',
      description: 'Instead of a service: a Triton model repository, whoever wrote it.',
      completes: 'folder',
    },
    FORCE_FLAG,
    FAIL_ON_FLAG,
  ],
  failOn: 'error',
  settings: ['service.tritonTag'],
  examples: [
    { command: 'nimify validate --triton-repo ./models', does: 'Foretell what Triton would refuse to load' },
    { command: 'nimify validate ./mnist --fail-on warning', does: 'Refuse edited files too, in CI' },
    { command: 'nimify validate ./mnist --format junit -o validate.xml', does: 'As tests of a CI job' },
  ],
  load: () => import('./commands/validate.ts'),
};

const SERVE: CommandSpec = {
  name: 'serve',
  group: 'Services',
  summary: 'Serve a service folder, a model repository or one model here',
  details:
    'Speaks the V2 inference protocol over HTTP and exports the metrics of Triton. Ctrl-C ends it with exit code 0.',
  arguments: [
    { name: 'path', description: 'A service folder, a model repository or an ONNX file.', completes: 'file' },
  ],
  settings: ['server.host', 'server.httpPort', 'server.metricsPort', 'runtime.untrusted'],
  examples: [{ command: 'nimify serve ./mnist --port 0', does: 'Take a free port and print it' }],
  load: () => import('./commands/serve.ts'),
};

const ANALYZE: CommandSpec = {
  name: 'analyze',
  group: 'Models',
  summary: 'Show what a model is made of, what it costs, what is peculiar',
  details:
    'Costs of open dimensions are those of a batch of 1 and of 128 tokens unless --bind says otherwise. The report says for each target whether it takes the model; the findings of those in --target are told in full and count for --fail-on.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    BIND_FLAG,
    {
      flag: '--target',
      value: 'LIST',
      description: 'Targets to tell all about: cpu, triton, cuda, tensorrt, openvino.',
      isRepeatable: true,
      standard: 'cpu,triton',
      completes: ['cpu', 'triton', 'cuda', 'tensorrt', 'openvino'],
    },
    { flag: '--deep', description: 'Read every weight once: ranges, zeros, NaN, duplicates, digests.' },
    {
      flag: '--html',
      value: 'FILE',
      description: 'Write a page with blocks, costs, memory, findings and tensors; it needs no network.',
      completes: 'file',
    },
    FORCE_FLAG,
    FAIL_ON_FLAG,
  ],
  failOn: 'error',
  settings: ['service.tritonTag', 'runtime.untrusted'],
  examples: [
    { command: 'nimify analyze model.onnx --json', does: 'The same facts for a script' },
    { command: 'nimify analyze model.onnx --bind batch=8,sequence=256', does: 'What these sizes cost' },
    { command: 'nimify analyze model.onnx --html report.html', does: 'A page to look at and to send to others' },
    {
      command: 'nimify analyze model.onnx --target tensorrt --bind batch=1',
      does: 'What TensorRT does not take, and a profile',
    },
  ],
  load: () => import('./commands/analyze.ts'),
};

const SCAN: CommandSpec = {
  name: 'scan',
  group: 'Models',
  summary: 'Look for what may harm in a model file or a model repository',
  details:
    'Nothing is loaded, unpacked or run. Finds external data that leaves the folder, tensors that lie about their size, memory bombs, pickles, code, native libraries, archives, and templates that reach for Python. Links are not followed, and .git is passed over.',
  arguments: [{ name: 'path', description: 'An ONNX file, or a folder.', completes: 'file' }],
  flags: [
    {
      flag: '--format',
      value: 'FORMAT',
      description: 'What is printed, or written with -o; json is the same as --json.',
      choices: SCAN_FORMATS,
      standard: 'text',
    },
    { ...OUTPUT_FLAG, description: 'Write that to a file and print the text.' },
    FORCE_FLAG,
    { flag: '--deep', description: 'Verify checksums and count values of any size; takes as long as reading them.' },
    FAIL_ON_FLAG,
  ],
  failOn: 'error',
  examples: [
    { command: 'nimify scan ./repository', does: 'Everything below a folder' },
    { command: 'nimify scan . --format sarif -o scan.sarif', does: 'For GitHub code scanning' },
  ],
  load: () => import('./commands/scan.ts'),
};

const EVALUATE: CommandSpec = {
  name: 'evaluate',
  group: 'Models',
  summary: 'Compare two models on the same inputs: accuracy, latency, size',
  arguments: [
    { ...MODEL_ARGUMENT, name: 'original', description: 'The model to compare with.' },
    { ...MODEL_ARGUMENT, name: 'candidate', description: 'The model to judge.' },
  ],
  flags: [...DATA_FLAGS, FAIL_ON_FLAG],
  settings: MEASURE_SETTINGS,
  examples: [{ command: 'nimify evaluate model.onnx small.onnx --data ./photos', does: 'Measure on your own samples' }],
  load: () => import('./commands/evaluate.ts'),
};

const DIFF: CommandSpec = {
  name: 'diff',
  group: 'Models',
  summary: 'Show what changed between two models: graph, weights, precision',
  details: 'Weights are compared by the digest of their values, in whatever form the files keep them.',
  arguments: [
    { ...MODEL_ARGUMENT, name: 'before', description: 'The model to compare with.' },
    { ...MODEL_ARGUMENT, name: 'after', description: 'The model that came of it.' },
  ],
  flags: [FAIL_ON_FLAG],
  examples: [
    { command: 'nimify diff model.onnx small.onnx', does: 'See what a quantizer did' },
    { command: 'nimify diff a.onnx b.onnx --fail-on info', does: 'Exit with 3 unless they are equal, in CI' },
  ],
  load: () => import('./commands/diff.ts'),
};

export const PROGRAM: CommandSpec = {
  name: 'nimify',
  summary: 'Carry an ONNX model to production: analyze, quantize, prove, generate, serve, remember',
  commands: [CREATE, GENERATE, VALIDATE, SERVE, ANALYZE, SCAN, QUANTIZE, CONVERT, EVALUATE, DIFF, ...RECORDS_AND_SETUP],
  examples: [
    { command: 'nimify create model.onnx --data ./samples', does: 'From a model to a service folder' },
    { command: 'nimify serve ./model', does: 'Try the service on this machine' },
    { command: 'nimify doctor', does: 'See what works here' },
  ],
};

/** The command of a path such as `catalog list`, or undefined. */
export function findCommand(path: readonly string[]): CommandSpec | undefined {
  return path.reduce<CommandSpec | undefined>(
    (spec, name) => spec?.commands?.find((command) => command.name === name),
    PROGRAM,
  );
}
