/**
 * Every setting, once: type, limits, default, description, flag. From this come the file check, environment variables,
 * flags, JSON Schema, the example file and `nimify config explain`.
 */
import { LOG_LEVELS } from '../base/log.ts';
import { QUANTIZATION } from './quantization-settings.ts';
import {
  choice,
  decimal,
  integer,
  optionalChoice,
  optionalDecimal,
  optionalDecimals,
  optionalInteger,
  optionalText,
  type Setting,
  text,
  yesNo,
} from './setting.ts';

const PORT = { min: 1, max: 65535 };
/** Zero asks the system for a free port. */
const PORT_OR_FREE = { min: 0, max: 65535 };
const CHANNELS = { minItems: 1, maxItems: 4 };

export const SETTINGS = {
  dataFolder: optionalText('Catalog and stored models; null: NIMIFY_HOME or the XDG data folder.'),
  service: {
    maxBatchSize: integer(8, 'Largest batch that the server may form.', {
      min: 1,
      max: 4096,
      flag: '--max-batch-size',
    }),
    maxQueueDelayUs: integer(500, 'How long a request may wait for others, in microseconds.', { min: 0 }),
    instanceCount: integer(1, 'Copies of the model per server.', { min: 1 }),
    replicas: integer(2, 'Pods in Kubernetes.', { min: 1, flag: '--replicas' }),
    cpuCores: decimal(2, 'CPU cores per server.', { above: 0 }),
    memoryMiB: optionalInteger('Memory per server in MiB; null: from the size of the model.', { min: 1 }),
    gpus: integer(0, 'GPUs per server.', { min: 0, flag: '--gpus' }),
    maxQueueSize: optionalInteger(
      'Requests that may wait in one server before it answers 503; null: eight full batches per instance, at least 64.',
      { min: 1 },
    ),
    queueTimeoutMs: integer(0, 'A request that waited longer is rejected, in milliseconds; 0: none is.', { min: 0 }),
    accelerator: choice(
      ['none', 'tensorrt', 'openvino'],
      'none',
      'Execution accelerator of the ONNX Runtime backend; tensorrt needs GPUs, openvino none.',
      { flag: '--accelerator' },
    ),
    cudaGraphs: yesNo(false, 'Replay each run on the GPU as one CUDA graph; needs fixed shapes.'),
    responseCacheMiB: integer(0, 'Cache of responses to equal requests, in MiB; 0: none.', { min: 0 }),
    imageProfile: choice(
      ['standard', 'slim', 'node'],
      'standard',
      'Image: Triton with all backends, Triton with this backend only, or the embedded server (CPU).',
      { flag: '--image-profile' },
    ),
    tracingUrl: optionalText('OTLP collector for traces, such as http://otel-collector:4318/v1/traces; null: none.'),
    tritonTag: text('26.07', 'Release of the Triton image.', {
      pattern: '^\\d\\d\\.\\d\\d$',
      shape: 'a Triton release such as 26.07 (quoted in YAML)',
      flag: '--triton-tag',
    }),
    httpPort: integer(8000, 'HTTP port inside the container.', PORT),
    grpcPort: integer(8001, 'gRPC port inside the container.', PORT),
    metricsPort: integer(8002, 'Metrics port inside the container.', PORT),
  },
  slo: {
    latencyMs: decimal(100, 'A request slower than this counts against the objective, in milliseconds.', {
      above: 0,
      flag: '--slo-latency-ms',
    }),
    availabilityRatio: decimal(0.999, 'Share of requests that must be good (0–1).', { above: 0, below: 1 }),
    latencyRatio: optionalDecimal(
      'Share of requests that must be faster than latencyMs (0–1), 0.99 for a p99; null: availabilityRatio.',
      { above: 0, below: 1 },
    ),
  },
  quantization: QUANTIZATION,
  evaluation: {
    maxSamples: integer(256, 'Samples that a comparison runs at most.', { min: 1, flag: '--evaluation-samples' }),
    latencyRuns: integer(30, 'Paired runs for latency.', { min: 3 }),
    threads: integer(1, 'Threads of ONNX Runtime while measuring.', { min: 1 }),
    minSqnrDb: decimal(
      15,
      'Without a search, candidates below this signal-to-noise ratio are rejected (worst float output).',
      {
        flag: '--min-sqnr-db',
      },
    ),
    minTop1Agreement: decimal(
      0.98,
      'Without a search, candidates that agree less often with the original are rejected (0–1).',
      {
        min: 0,
        max: 1,
        flag: '--min-top1-agreement',
      },
    ),
    minGain: decimal(
      1.05,
      'A candidate must be this much faster, or this much smaller without being slower, to replace the original.',
      { min: 1 },
    ),
    acceptRandomData: yesNo(false, 'Let figures from random samples decide.', { flag: '--accept-random-data' }),
  },
  image: {
    mean: optionalDecimals(
      'Subtracted per channel, in units of the pixel (0–255); null: from preprocessor_config.json, else 0.',
      {
        ...CHANNELS,
        flag: '--image-mean',
      },
    ),
    std: optionalDecimals('Divides per channel, after the mean; null: from preprocessor_config.json, else 255.', {
      ...CHANNELS,
      above: 0,
      flag: '--image-std',
    }),
    channels: optionalChoice(
      ['rgb', 'bgr'],
      'Order of the colour channels; null: from preprocessor_config.json, else rgb.',
      {
        flag: '--image-channels',
      },
    ),
    config: optionalText('A preprocessor_config.json; null: the one beside the model or the data.', {
      flag: '--image-config',
    }),
  },
  audio: {
    sampleRate: optionalInteger(
      'Samples per second that the model takes; null: what is known of it, else those of the recording.',
      {
        min: 1,
        flag: '--sample-rate',
      },
    ),
    frameSamples: optionalInteger(
      'New samples per run of a model that takes frames; null: from its shape, or from what is known of it.',
      {
        min: 1,
        flag: '--frame-samples',
      },
    ),
    contextSamples: optionalInteger(
      'Samples of the frame before that stand in front of the new ones; null: as known, else none.',
      {
        min: 0,
        flag: '--context-samples',
      },
    ),
  },
  text: {
    tokenizer: optionalText('A tokenizer.json or its folder; null: beside the model or the data.', {
      flag: '--tokenizer',
    }),
    maxTokens: optionalInteger('Longer texts are cut; null: what the files of the tokenizer say.', {
      min: 1,
      flag: '--max-tokens',
    }),
  },
  server: {
    host: text('127.0.0.1', 'Address that nimify serve listens on.', { flag: '--host' }),
    httpPort: integer(8000, 'HTTP port of nimify serve; 0 takes a free one.', { ...PORT_OR_FREE, flag: '--port' }),
    metricsPort: integer(8002, 'Metrics port of nimify serve; 0 takes a free one.', {
      ...PORT_OR_FREE,
      flag: '--metrics-port',
    }),
    threads: integer(0, 'Threads of ONNX Runtime per model; 0: one per core.', { min: 0 }),
  },
  runtime: {
    provider: choice(
      ['auto', 'cpu', 'cuda'],
      'auto',
      'Where models run while they are calibrated and measured; auto: CUDA for services with GPUs.',
      { flag: '--provider' },
    ),
    untrusted: yesNo(false, 'Open models in a guarded process with limits, as if they came from elsewhere.', {
      flag: '--untrusted',
    }),
    loadTimeoutSeconds: decimal(60, 'How long a guarded model may take to load.', { above: 0 }),
    runTimeoutSeconds: decimal(60, 'How long one run of a guarded model may take.', { above: 0 }),
    memoryMiB: integer(4096, 'Memory of the process of a guarded model in MiB.', { min: 256 }),
  },
  log: {
    level: choice(LOG_LEVELS, 'warn', "The developer's log on standard error."),
  },
};

type ValuesOf<T> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : ValuesOf<T[K]> };

/** What the configuration file may say, with all defaults filled in. */
export type ParsedConfig = ValuesOf<typeof SETTINGS>;

type Sections = Omit<typeof SETTINGS, 'dataFolder'>;

/** A dotted key such as `service.maxBatchSize`. */
export type SettingKey =
  | 'dataFolder'
  | { [S in keyof Sections]: `${S}.${Extract<keyof Sections[S], string>}` }[keyof Sections];

export interface SettingEntry {
  readonly key: SettingKey;
  readonly path: readonly string[];
  /** `NIMIFY_SERVICE_MAX_BATCH_SIZE` for `service.maxBatchSize`. */
  readonly envName: string;
  readonly setting: Setting;
}

/** All settings in the order of the table. */
export const SETTING_ENTRIES: readonly SettingEntry[] = Object.entries(SETTINGS).flatMap(([name, node]) =>
  isSetting(node) ? [entry([name], node)] : Object.entries(node).map(([key, setting]) => entry([name, key], setting)),
);

const ENTRY_OF_KEY: ReadonlyMap<string, SettingEntry> = new Map(SETTING_ENTRIES.map((item) => [item.key, item]));

export const SECTION_NAMES: readonly string[] = Object.entries(SETTINGS)
  .filter(([, node]) => !isSetting(node))
  .map(([name]) => name);

export function settingEntry(key: SettingKey): SettingEntry {
  return ENTRY_OF_KEY.get(key) as SettingEntry;
}

export function isSettingKey(key: string): key is SettingKey {
  return ENTRY_OF_KEY.has(key);
}

export function isSetting(node: object): node is Setting {
  return 'kind' in node;
}

function entry(path: readonly string[], setting: Setting): SettingEntry {
  const words = path.map((part) => part.replace(/(?<=[a-z0-9])(?=[A-Z])(?!B\b)/g, '_').toUpperCase());
  return { key: path.join('.') as SettingKey, path, envName: `NIMIFY_${words.join('_')}`, setting };
}
