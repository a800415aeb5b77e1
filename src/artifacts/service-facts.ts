/** The one set of facts that every artifact of a service is made from; that is why they agree with each other. */
import { z } from 'zod';
import { SERVICE_NAME } from '../base/service-name.ts';

const dim = z.union([z.int().nonnegative(), z.string(), z.null()]);

const tensor = z.object({
  name: z.string(),
  /** Name of DATA_TYPES in onnx/data-type.ts. */
  dataType: z.string(),
  /** Null when the rank is unknown. */
  shape: z.array(dim).nullable(),
});

const ACCELERATORS = ['none', 'tensorrt', 'openvino'] as const;
const IMAGE_PROFILES = ['standard', 'slim', 'node'] as const;

const preprocessing = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('image'),
    /** Name of the input that takes the pixels. */
    input: z.string(),
    layout: z.enum(['nchw', 'nhwc']),
    height: z.int().positive(),
    width: z.int().positive(),
    channels: z.enum(['rgb', 'bgr', 'gray']),
    /** Subtracted and divided by, per channel, in units of the pixel (0–255). */
    mean: z.array(z.number()),
    std: z.array(z.number()),
  }),
  z.object({ kind: z.literal('text'), maxTokens: z.int().positive().nullable() }),
]);

const measured = z.object({
  /** Processor, cores and threads in words. */
  hardware: z.string(),
  loadMs: z.number().nonnegative().nullable(),
  /** Resident memory of the process with the model, above the process without it. */
  memoryMiB: z.number().nonnegative().nullable(),
  /** Threads of that one instance. */
  threads: z.int().positive(),
  /** One instance alone, ascending batch sizes. */
  batches: z.array(
    z.object({ batchSize: z.int().positive(), p50Ms: z.number().positive(), p99Ms: z.number().positive() }),
  ),
});

export const serviceFactsSchema = z.object({
  schemaVersion: z.literal(1),
  nimifyVersion: z.string(),
  /** A DNS label: name of the Triton model, of the image, of the chart and of the Kubernetes objects. */
  name: z.string().regex(SERVICE_NAME),
  model: z.object({
    sha256: z.string(),
    /** With external data. */
    sizeBytes: z.int(),
    irVersion: z.int(),
    /** Version of the default operator set. */
    opset: z.int(),
    precision: z.enum(['float32', 'float16', 'bfloat16', 'int8', 'int4', 'mixed']),
    /** Quantizer id, or `original`. */
    method: z.string(),
    /** Bytes of all weights as stored. */
    weightBytes: z.int(),
    /** Largest sum of tensors that live at the same time, for one item; null where shapes are not known. */
    activationBytes: z.int().nullable().default(null),
    inputs: z.array(tensor),
    outputs: z.array(tensor),
    /** External data files beside model.onnx: relative path → sha256. */
    externalFiles: z.record(z.string(), z.string()),
    /** Recurrent state: what comes out under one name goes in again with the next request of the sequence. */
    states: z.array(z.object({ input: z.string(), output: z.string() })).default([]),
  }),
  /** What the client does before and after the model; null: raw tensors. */
  preprocessing: preprocessing.nullable().default(null),
  /** What was measured of this model, and where; null: nothing, and defaults stand in for it. */
  measured: measured.nullable().default(null),
  /** SHA-256 of the model that this one was made from; equal to model.sha256 for the original. */
  sourceSha256: z.string(),
  serving: z.object({
    /** Largest batch that the dynamic batcher may form where the model allows batching. */
    maxBatchSize: z.int().positive(),
    maxQueueDelayUs: z.int().nonnegative(),
    instanceCount: z.int().positive(),
    httpPort: z.int(),
    grpcPort: z.int(),
    metricsPort: z.int(),
    tritonTag: z.string(),
    replicas: z.int().positive(),
    cpuCores: z.number().positive(),
    memoryMiB: z.int().positive(),
    gpus: z.int().nonnegative(),
    /** Requests that may wait before Triton answers 503; null: from the batch size. */
    maxQueueSize: z.int().positive().nullable().default(null),
    /** Waiting requests per pod at which more pods are wanted; null: from the batch size. */
    pendingTarget: z.int().positive().nullable().default(null),
    /** A request that waited longer is rejected; 0: no limit. */
    queueTimeoutMs: z.int().nonnegative().default(0),
    accelerator: z.enum(ACCELERATORS).default('none'),
    /** Replays the kernels of a run as one CUDA graph; needs fixed shapes. */
    cudaGraphs: z.boolean().default(false),
    /** Size of the response cache; 0: none. */
    responseCacheMiB: z.int().nonnegative().default(0),
    imageProfile: z.enum(IMAGE_PROFILES).default('standard'),
    /** OTLP over HTTP, with the whole path (…:4318/v1/traces); null: no traces. */
    tracingUrl: z.string().nullable().default(null),
  }),
  slo: z.object({
    latencyMs: z.number().positive(),
    /** 0–1, share of requests that must succeed. */
    availabilityRatio: z.number().positive().max(1),
    /** 0–1, share of requests that must be faster than `latencyMs`; null: the same share. */
    latencyRatio: z.number().positive().max(1).nullable().default(null),
  }),
});

export type ServiceFacts = z.infer<typeof serviceFactsSchema>;
export type TensorFacts = ServiceFacts['model']['inputs'][number];
