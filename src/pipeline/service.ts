/** A service folder: facts → artifacts → files, and the two JSON documents that describe it. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { batching } from '../artifacts/batching.ts';
import { ARTIFACTS } from '../artifacts/registry.ts';
import { type ServiceFacts, serviceFactsSchema } from '../artifacts/service-facts.ts';
import { sha256, sha256File } from '../base/digest.ts';
import { NimifyError } from '../base/errors.ts';
import { packageVersion } from '../base/version.ts';
import { copyInto, type GeneratedFile, writeTree } from '../base/write-files.ts';
import type { Config } from '../config/schema.ts';
import { opsetVersion } from '../onnx/graph.ts';
import { type OnnxModel, totalBytes } from '../onnx/open.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Precision } from '../quantization/quantizer.ts';
import { LOCK_FILE, makeLock } from './lock.ts';
import { MODEL_FILE } from './model.ts';

/** The file that makes a folder a service folder: facts and recipe, byte-stable for the same input. */
export const MANIFEST = 'service.json';
/** What was measured; differs from run to run. */
export const REPORT = 'evaluation.json';

/** Memory of the server itself beside the model: Triton with one ONNX Runtime backend, rounded up. */
const SERVER_MEMORY_MIB = 512;
/** ONNX Runtime keeps weights and prepacked copies of them. */
const WEIGHT_COPIES = 2;

export interface ServedFacts {
  readonly name: string;
  readonly model: OnnxModel;
  readonly sha256: string;
  readonly precision: Precision;
  readonly method: string;
  readonly weightBytes: number;
  readonly peakActivationBytes: number | null;
  readonly sourceSha256: string;
  readonly states: readonly { readonly input: string; readonly output: string }[];
  /** As ONNX Runtime sees them: that is what Triton compares a config with. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** @throws NimifyError MODEL_MALFORMED for outputs that are not tensors */
export async function serviceFacts(served: ServedFacts, config: Config, signal: AbortSignal): Promise<ServiceFacts> {
  const { model } = served;
  const externalFiles: Record<string, string> = {};
  for (const file of model.externalFiles) externalFiles[file.location] = await sha256File(file.path, signal);
  const { memoryMiB, ...serving } = config.service;
  const facts: ServiceFacts = {
    schemaVersion: 1,
    nimifyVersion: packageVersion(),
    name: served.name,
    model: {
      sha256: served.sha256,
      sizeBytes: totalBytes(model),
      irVersion: model.proto.irVersion ?? 0,
      opset: opsetVersion(model.proto) ?? 0,
      precision: served.precision,
      method: served.method,
      weightBytes: served.weightBytes,
      activationBytes: served.peakActivationBytes,
      inputs: served.inputs.map(toFacts),
      outputs: served.outputs.map(toFacts),
      externalFiles,
      states: served.states.map(({ input, output }) => ({ input, output })),
    },
    preprocessing: null,
    measured: null,
    sourceSha256: served.sourceSha256,
    serving: { ...serving, pendingTarget: null, memoryMiB: memoryMiB ?? SERVER_MEMORY_MIB },
    slo: config.slo,
  };
  return memoryMiB === null ? { ...facts, serving: { ...facts.serving, memoryMiB: estimatedMemoryMiB(facts) } } : facts;
}

/**
 * An estimate: weights twice, activations for each item of a full batch, and the server; in steps of 256 MiB. One item
 * at a time where the model does not allow batches.
 */
export function estimatedMemoryMiB(facts: ServiceFacts): number {
  const { weightBytes, activationBytes } = facts.model;
  const items = Math.max(1, batching(facts).maxBatchSize) * facts.serving.instanceCount;
  const bytes = weightBytes * WEIGHT_COPIES + (activationBytes ?? weightBytes) * items;
  return Math.ceil((bytes / 2 ** 20 + SERVER_MEMORY_MIB) / 256) * 256;
}

function toFacts(tensor: TensorInfo): ServiceFacts['model']['inputs'][number] {
  if (tensor.dataType === null) {
    throw new NimifyError(
      'MODEL_MALFORMED',
      `${tensor.name} is not a tensor; a server can only take and give tensors.`,
      {
        hint: 'Remove sequence and map outputs (such as ZipMap of scikit-learn exports) when exporting.',
        details: { tensor: tensor.name },
      },
    );
  }
  return { name: tensor.name, dataType: tensor.dataType, shape: tensor.shape === null ? null : [...tensor.shape] };
}

export interface ArtifactFile extends GeneratedFile {
  readonly artifact: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Every artifact of the registry, in memory. */
export async function generateArtifacts(facts: ServiceFacts): Promise<ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const entry of ARTIFACTS) {
    const artifact = await entry.load();
    for (const file of await artifact.generate(facts)) {
      const { content } = file;
      files.push({ ...file, artifact: entry.id, sha256: sha256(content), sizeBytes: Buffer.byteLength(content) });
    }
  }
  return files;
}

export const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  facts: serviceFactsSchema,
  recipe: z.unknown(),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** service.json and nimify.lock. */
export function serviceDocuments(
  facts: ServiceFacts,
  recipe: unknown,
  files: readonly ArtifactFile[],
): readonly { readonly path: string; readonly content: string }[] {
  // Parsing puts the keys in the order of the schema, so that equal facts give equal bytes.
  const service = print(manifestSchema.parse({ schemaVersion: 1, facts, recipe }));
  return [
    { path: MANIFEST, content: service },
    { path: LOCK_FILE, content: print(makeLock(sha256(service), files)) },
  ];
}

function print(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Where the model file of a service lies, relative to its folder. */
export function modelPath(name: string): string {
  return `models/${name}/1/${MODEL_FILE}`;
}

/** Writes the whole folder; the model and its external data are copied (shared blocks where the file system can). */
export async function writeService(
  folder: string,
  source: OnnxModel,
  name: string,
  report: unknown,
  files: readonly GeneratedFile[],
): Promise<void> {
  await writeTree(folder, [...files, { path: REPORT, content: print(report) }]);
  const target = join(folder, modelPath(name));
  await copyInto(source.path, target);
  for (const file of source.externalFiles)
    await copyInto(file.path, join(dirname(target), ...file.location.split('/')));
}
