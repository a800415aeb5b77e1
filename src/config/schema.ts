/**
 * Every setting, once: type, default, description, flag. From this come the file check, environment variables, flags,
 * JSON Schema, the example file and `nimify config explain`.
 */
import { z } from 'zod';

/** `flag` where the command line has a flag of its own for the key; `example` for the example file. */
export interface SettingMeta {
  readonly flag?: string;
  readonly example?: unknown;
}

const setting = <T extends z.ZodType>(schema: T, description: string, meta: SettingMeta = {}): T =>
  schema.meta({ description, ...meta }) as T;

const service = z.strictObject({
  maxBatchSize: setting(z.int().min(1).max(4096).default(8), 'Largest batch that the server may form.', {
    flag: '--max-batch-size',
  }),
  maxQueueDelayUs: setting(z.int().min(0).default(500), 'How long a request may wait for others, in microseconds.'),
  instanceCount: setting(z.int().min(1).default(1), 'Copies of the model per server.'),
  replicas: setting(z.int().min(1).default(2), 'Pods in Kubernetes.', { flag: '--replicas' }),
  cpuCores: setting(z.number().positive().default(2), 'CPU cores per server.'),
  memoryMiB: setting(
    z.int().positive().nullable().default(null),
    'Memory per server in MiB; null: from the size of the model.',
  ),
  gpus: setting(z.int().min(0).default(0), 'GPUs per server.', { flag: '--gpus' }),
  tritonTag: setting(
    z
      .string()
      .regex(/^\d\d\.\d\d$/)
      .default('26.07'),
    'Release of the Triton image.',
    { flag: '--triton-tag' },
  ),
  httpPort: setting(z.int().min(1).max(65535).default(8000), 'HTTP port inside the container.'),
  grpcPort: setting(z.int().min(1).max(65535).default(8001), 'gRPC port inside the container.'),
  metricsPort: setting(z.int().min(1).max(65535).default(8002), 'Metrics port inside the container.'),
});

const slo = z.strictObject({
  latencyMs: setting(z.number().positive().default(100), 'A request slower than this counts against the objective.', {
    flag: '--slo-latency-ms',
  }),
  availabilityRatio: setting(z.number().gt(0).lt(1).default(0.999), 'Share of requests that must be good (0–1).'),
});

const quantization = z.strictObject({
  methods: setting(z.array(z.string()).default(['static-int8', 'dynamic-int8']), 'Quantizers that create tries.', {
    flag: '--methods',
  }),
  calibrationSamples: setting(
    z.int().min(1).nullable().default(null),
    'Samples for calibration; null: half, at most 128.',
    {
      flag: '--calibration-samples',
    },
  ),
  seed: setting(z.int().min(0).default(0), 'Seed of the shuffle that splits the data and of random samples.', {
    flag: '--seed',
  }),
  perChannel: setting(z.boolean().default(true), 'One scale per output channel of a weight.'),
  reduceRange: setting(z.boolean().default(false), '7-bit weights, for x64 processors without VNNI.'),
  opTypes: setting(
    z.array(z.string()).default(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']),
    'Operator types that static-int8 quantizes.',
  ),
  excludeNodes: setting(z.array(z.string()).default([]), 'Names of nodes that stay as they are.'),
});

const evaluation = z.strictObject({
  maxSamples: setting(z.int().min(1).default(256), 'Samples that a comparison runs at most.', {
    flag: '--evaluation-samples',
  }),
  latencyRuns: setting(z.int().min(3).default(30), 'Paired runs for latency.'),
  threads: setting(z.int().min(1).default(1), 'Threads of ONNX Runtime while measuring.'),
  minSqnrDb: setting(
    z.number().default(15),
    'Candidates below this signal-to-noise ratio are rejected (worst float output).',
    {
      flag: '--min-sqnr-db',
    },
  ),
  minTop1Agreement: setting(
    z.number().min(0).max(1).default(0.98),
    'Candidates that agree less often with the original are rejected (0–1).',
    {
      flag: '--min-top1-agreement',
    },
  ),
  minGain: setting(
    z.number().min(1).default(1.05),
    'A candidate must be this much faster, or this much smaller without being slower, to replace the original.',
  ),
  acceptRandomData: setting(z.boolean().default(false), 'Let figures from random samples decide.', {
    flag: '--accept-random-data',
  }),
});

const image = z.strictObject({
  mean: setting(
    z.array(z.number()).min(1).max(4).default([0]),
    'Subtracted per channel, in units of the pixel (0–255).',
    {
      flag: '--image-mean',
    },
  ),
  std: setting(z.array(z.number().positive()).min(1).max(4).default([255]), 'Divides per channel, after the mean.', {
    flag: '--image-std',
  }),
  channels: setting(z.enum(['rgb', 'bgr']).default('rgb'), 'Order of the colour channels.', {
    flag: '--image-channels',
  }),
});

const server = z.strictObject({
  host: setting(z.string().default('127.0.0.1'), 'Address that nimify serve listens on.', { flag: '--host' }),
  httpPort: setting(z.int().min(0).max(65535).default(8000), 'HTTP port of nimify serve; 0 takes a free one.', {
    flag: '--port',
  }),
  metricsPort: setting(z.int().min(0).max(65535).default(8002), 'Metrics port of nimify serve; 0 takes a free one.', {
    flag: '--metrics-port',
  }),
  threads: setting(z.int().min(0).default(0), 'Threads of ONNX Runtime per model; 0: one per core.'),
});

const log = z.strictObject({
  level: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    "The developer's log on stderr.",
  ),
});

export const configSchema = z.strictObject({
  dataFolder: setting(
    z.string().nullable().default(null),
    'Catalog and stored models; null: NIMIFY_HOME or the XDG data folder.',
  ),
  service: service.prefault({}),
  slo: slo.prefault({}),
  quantization: quantization.prefault({}),
  evaluation: evaluation.prefault({}),
  image: image.prefault({}),
  server: server.prefault({}),
  log: log.prefault({}),
});

type Parsed = z.infer<typeof configSchema>;

/** `dataFolder` is an absolute path once the configuration is loaded. */
export type Config = Omit<Parsed, 'dataFolder'> & { readonly dataFolder: string };
