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
    inputs: z.array(tensor),
    outputs: z.array(tensor),
    /** External data files beside model.onnx: relative path → sha256. */
    externalFiles: z.record(z.string(), z.string()),
  }),
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
  }),
  slo: z.object({
    latencyMs: z.number().positive(),
    /** 0–1, share of requests that must succeed. */
    availabilityRatio: z.number().positive().max(1),
  }),
});

export type ServiceFacts = z.infer<typeof serviceFactsSchema>;
export type TensorFacts = ServiceFacts['model']['inputs'][number];
