/** Facts of three services that differ in all that artifacts depend on. */
import { ARTIFACTS } from '../../src/artifacts/registry.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import type { Finding } from '../../src/base/findings.ts';

const base: Omit<ServiceFacts, 'name' | 'model'> = {
  schemaVersion: 1,
  nimifyVersion: '0.1.0',
  sourceSha256: 'a'.repeat(64),
  serving: {
    maxBatchSize: 8,
    maxQueueDelayUs: 500,
    instanceCount: 1,
    httpPort: 8000,
    grpcPort: 8001,
    metricsPort: 8002,
    tritonTag: '26.07',
    replicas: 2,
    cpuCores: 2,
    memoryMiB: 1024,
    gpus: 0,
    maxQueueSize: null,
    pendingTarget: null,
    queueTimeoutMs: 0,
    accelerator: 'none',
    cudaGraphs: false,
    responseCacheMiB: 0,
    imageProfile: 'standard',
    tracingUrl: null,
  },
  preprocessing: null,
  measured: null,
  slo: { latencyMs: 100, availabilityRatio: 0.999, latencyRatio: null },
};

/** Every dim fixed, the batch too. */
const faces: ServiceFacts = {
  ...base,
  name: 'faces',
  model: {
    sha256: `0123${'4'.repeat(60)}`,
    sizeBytes: 1_300_000,
    irVersion: 6,
    opset: 9,
    precision: 'float32',
    method: 'original',
    weightBytes: 1_200_000,
    inputs: [{ name: 'input', dataType: 'float32', shape: [1, 3, 240, 320] }],
    outputs: [
      { name: 'scores', dataType: 'float32', shape: [1, 4420, 2] },
      { name: 'boxes', dataType: 'float32', shape: [1, 4420, 4] },
    ],
    externalFiles: {},
    states: [],
    activationBytes: null,
  },
};

/** Joined in batches, on GPUs, with strings, one value per row, and other ports. */
const text: ServiceFacts = {
  ...base,
  // YAML 1.1 would read this name as false.
  name: 'no',
  serving: {
    ...base.serving,
    maxBatchSize: 16,
    instanceCount: 2,
    httpPort: 9000,
    grpcPort: 9001,
    metricsPort: 9002,
    gpus: 1,
    cpuCores: 1.5,
  },
  slo: { latencyMs: 33.3, availabilityRatio: 0.99, latencyRatio: null },
  model: {
    // Reads as a number in YAML where it is not quoted.
    sha256: `123456789e12${'5'.repeat(52)}`,
    sizeBytes: 6_000_000_000,
    irVersion: 10,
    opset: 21,
    precision: 'int8',
    method: 'dynamic-int8',
    weightBytes: 5_900_000_000,
    inputs: [
      { name: 'input_ids', dataType: 'int64', shape: ['batch', 128] },
      { name: 'title "quoted"', dataType: 'string', shape: ['batch', 1] },
    ],
    outputs: [
      { name: 'logits', dataType: 'float32', shape: ['batch', 5] },
      { name: 'score', dataType: 'float32', shape: ['batch'] },
    ],
    externalFiles: { 'model.onnx_data': 'b'.repeat(64) },
    states: [],
    activationBytes: null,
  },
};

/** All axes dynamic and a scalar that steers the model. */
const voice: ServiceFacts = {
  ...base,
  name: 'voice-activity',
  serving: { ...base.serving, replicas: 1, instanceCount: 4 },
  slo: { latencyMs: 20, availabilityRatio: 0.9, latencyRatio: null },
  model: {
    sha256: 'c'.repeat(64),
    sizeBytes: 2_300_000,
    irVersion: 8,
    opset: 16,
    precision: 'float32',
    method: 'original',
    weightBytes: 2_200_000,
    inputs: [
      { name: 'input', dataType: 'float32', shape: [null, null] },
      { name: 'state', dataType: 'float32', shape: [2, null, 128] },
      { name: 'sr', dataType: 'int64', shape: [] },
    ],
    outputs: [
      { name: 'output', dataType: 'float32', shape: [null, 1] },
      { name: 'stateN', dataType: 'float32', shape: null },
    ],
    externalFiles: {},
    states: [],
    activationBytes: null,
  },
};

export const FIXTURES: Readonly<Record<string, ServiceFacts>> = { faces, text, voice };

/** Path → text of every artifact. */
export async function generateAll(facts: ServiceFacts): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of ARTIFACTS) {
    const artifact = await entry.load();
    for (const { path, content } of await artifact.generate(facts)) {
      // Models that nimify makes are no texts; nor does a service folder show them to the checks.
      if (typeof content === 'string') files.set(path, content);
    }
  }
  return files;
}

/** Findings of one artifact, or of all, about a folder. */
export async function checkAll(
  files: ReadonlyMap<string, string>,
  facts: ServiceFacts,
  id?: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of ARTIFACTS) {
    if (id !== undefined && entry.id !== id) continue;
    findings.push(...(await (await entry.load()).check(files, facts)));
  }
  return findings;
}

export interface Edit {
  /** Sentence about what is wrong. */
  readonly name: string;
  readonly facts: ServiceFacts;
  readonly file: string;
  /** What to replace, and by what; the text must be there. */
  readonly from: string | RegExp;
  readonly to: string;
  readonly code: Finding['code'];
  /** Part of the arguments of the finding. */
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Findings (without infos) of one artifact after its folder was edited. */
export async function findingsAfter(edit: Edit, id: string): Promise<Finding[]> {
  const files = await generateAll(edit.facts);
  const text = files.get(edit.file);
  if (text === undefined) throw new Error(`${edit.file} is not generated`);
  const changed = text.replace(edit.from, edit.to);
  if (changed === text) throw new Error(`${edit.from} is not in ${edit.file}`);
  const findings = await checkAll(new Map([...files, [edit.file, changed]]), edit.facts, id);
  return findings.filter(({ severity }) => severity !== 'info');
}
