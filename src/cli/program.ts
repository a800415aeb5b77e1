/** The table of commands. Nothing but data: a command's code is loaded when it runs. */
import type { SettingKey } from '../config/settings.ts';
import { BUDGET_FLAGS } from './budget-flags.ts';
import type { CommandSpec } from './command-spec.ts';
import { BIND_FLAG, DATA_FLAGS, FAIL_ON_FLAG, FORCE_FLAG, OUTPUT_FLAG, SCAN_FORMATS, SPLIT_FLAGS } from './flags.ts';
import { RECORDS_AND_SETUP } from './records-and-setup.ts';

const IMAGE_SETTINGS: readonly SettingKey[] = ['image.mean', 'image.std', 'image.channels', 'image.config'];
const TEXT_SETTINGS: readonly SettingKey[] = ['text.tokenizer', 'text.maxTokens'];
const AUDIO_SETTINGS: readonly SettingKey[] = ['audio.sampleRate', 'audio.frameSamples', 'audio.contextSamples'];
const MEASURE_SETTINGS: readonly SettingKey[] = [
  'evaluation.maxSamples',
  'quantization.seed',
  ...IMAGE_SETTINGS,
  ...TEXT_SETTINGS,
  ...AUDIO_SETTINGS,
  'runtime.provider',
  'runtime.untrusted',
];

const MODEL_ARGUMENT = {
  name: 'model',
  description: 'An ONNX file, or a folder with one.',
  completes: 'file',
} as const;
const SERVICE_ARGUMENT = {
  name: 'service',
  description: 'A service folder that nimify create wrote.',
  completes: 'folder',
} as const;

const CREATE: CommandSpec = {
  name: 'create',
  group: 'Services',
  summary: 'Make a service folder from a model',
  details:
    'Scans and analyzes the model, tries every quantizer, measures each candidate against the original, writes all deployment artifacts for the one that earns it, and records the version in the catalog.',
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
    {
      flag: '--allow',
      value: 'RULE',
      description: 'Let a rule of nimify scan pass. May be given often.',
      isRepeatable: true,
    },
    FORCE_FLAG,
    { flag: '--dry-run', description: 'Do everything but write and record.' },
    FAIL_ON_FLAG,
  ],
  settings: [
    'quantization.methods',
    'quantization.calibrationSamples',
    ...MEASURE_SETTINGS,
    'evaluation.minSqnrDb',
    'evaluation.minTop1Agreement',
    'evaluation.acceptRandomData',
    'service.maxBatchSize',
    'service.replicas',
    'service.gpus',
    'service.tritonTag',
    'slo.latencyMs',
  ],
  examples: [
    { command: 'nimify create model.onnx --data ./photos', does: 'Measure on your own samples' },
    { command: 'nimify create model.onnx --bind batch=1 --dry-run', does: 'See what would be written' },
  ],
  load: () => import('./commands/create.ts'),
};

const VALIDATE: CommandSpec = {
  name: 'validate',
  group: 'Services',
  summary: 'Check the artifacts of a service against the model and each other',
  arguments: [SERVICE_ARGUMENT],
  flags: [FAIL_ON_FLAG],
  failOn: 'error',
  examples: [{ command: 'nimify validate ./mnist --fail-on warning', does: 'Refuse edited files too, in CI' }],
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

const QUANTIZE: CommandSpec = {
  name: 'quantize',
  group: 'Models',
  summary: 'Quantize a model with one method, or search for what holds a budget',
  details:
    'With --max-drop, --min-sqnr or --min-agreement every method is tried, and the layers that suffer most stay float until the budget holds on samples that calibration did not see; the fastest that holds it is written.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    { flag: '--method', value: 'ID', description: 'Quantizer, such as static-int8; in a search all by default.' },
    { ...OUTPUT_FLAG, description: 'File to write; NAME.METHOD.onnx in this folder by default.' },
    ...DATA_FLAGS,
    ...SPLIT_FLAGS,
    ...BUDGET_FLAGS,
    {
      flag: '--report',
      value: 'FOLDER',
      description: 'Folder to make, with all that was measured.',
      completes: 'folder',
    },
    {
      flag: '--skip-evaluation',
      description:
        'Write without running a model, such as one larger than the memory. For methods without calibration.',
    },
    FORCE_FLAG,
    FAIL_ON_FLAG,
  ],
  settings: [
    'quantization.calibrationSamples',
    'quantization.weightBits',
    'quantization.blockSize',
    ...MEASURE_SETTINGS,
  ],
  examples: [
    {
      command: 'nimify quantize model.onnx --method static-int8 --data ./photos -o small.onnx',
      does: 'With calibration',
    },
    {
      command: 'nimify quantize model.onnx --data ./photos --max-drop 0.5% --report ./found',
      does: 'The fastest that loses next to nothing',
    },
  ],
  load: () => import('./commands/quantize.ts'),
};

const CONVERT: CommandSpec = {
  name: 'convert',
  group: 'Models',
  summary: 'Move the weights into data files or back, raise the opset, clean up',
  details:
    'The weights are streamed: no more than half a MiB of them is in memory. With --force the output may be the input; it is replaced when the new form is whole.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    { ...OUTPUT_FLAG, description: 'File to write.', isRequired: true },
    { flag: '--external-data', description: 'Put the weights into data files beside the model.' },
    { flag: '--embed', description: 'Put all weights into the .onnx file, which may take up to 2 GiB.' },
    {
      flag: '--data-file',
      value: 'NAME',
      description: 'Name of the data file; that of the model with _data by default.',
    },
    { flag: '--threshold', value: 'BYTES', description: 'Tensors from this size on are external.', standard: '1024' },
    {
      flag: '--align',
      value: 'BYTES',
      description: 'Where tensors may begin in a data file: 4096 can be mapped into memory, on Windows 64KiB.',
      standard: '4096',
    },
    {
      flag: '--split',
      value: 'BYTES',
      description: 'Begin a new data file where one would become larger, such as 2GB.',
    },
    { flag: '--opset', value: 'N', description: 'Raise the default operator set to this version, at most 21.' },
    {
      flag: '--clean-up',
      description:
        'Name nodes, fold BatchNormalization, merge equal weights, drop what has no effect; the results stay.',
    },
    FORCE_FLAG,
  ],
  examples: [
    { command: 'nimify convert model.onnx -o big/model.onnx --external-data', does: 'model.onnx and model.onnx_data' },
    { command: 'nimify convert big/model.onnx -o model.onnx --embed', does: 'One file again, the same bytes' },
    { command: 'nimify convert old.onnx -o new.onnx --opset 21 --clean-up', does: 'A graph of today' },
  ],
  load: () => import('./commands/convert.ts'),
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
  commands: [CREATE, VALIDATE, SERVE, ANALYZE, SCAN, QUANTIZE, CONVERT, EVALUATE, DIFF, ...RECORDS_AND_SETUP],
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
