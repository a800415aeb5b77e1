/** Records a new version in the catalog: bytes first, then everything else in one transaction. */
import { sha256File } from '../base/digest.ts';
import type { JsonValue } from '../base/errors.ts';
import { packageVersion } from '../base/version.ts';
import { openCatalog } from '../catalog/catalog.ts';
import type { DataFileRecord, NewVersion } from '../catalog/records.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { PlannedService } from './planned-service.ts';
import type { PipelineDeps } from './requests.ts';
import { modelPath } from './service.ts';

/**
 * @param writtenFolder where the files lie now; the version remembers the final folder
 * @returns the id of the version, `name@number`
 */
export async function recordVersion(plan: PlannedService, writtenFolder: string, deps: PipelineDeps): Promise<string> {
  const catalog = await openCatalog({ folder: deps.config.dataFolder, clock: deps.clock });
  try {
    const version = await catalog.record(await newVersion(plan, writtenFolder, deps), { signal: deps.signal });
    return version.id;
  } finally {
    catalog.close();
  }
}

async function newVersion(plan: PlannedService, folder: string, deps: PipelineDeps): Promise<NewVersion> {
  const { known, served, facts, made, choice } = plan;
  const {
    shapes: _shapes,
    subgraphShapes: _inner,
    compatibility: _targets,
    findings: _findings,
    ...analysis
  } = known.analysis;
  const { kind, reference, path, sizeBytes } = known.local;
  const file = { path, sha256: known.sha256, sizeBytes, dataFiles: await sourceDataFiles(plan, deps.signal) };
  return {
    name: plan.name,
    nimifyVersion: packageVersion(),
    createdAt: deps.clock.now().toISOString(),
    source: { kind, reference, file },
    model: {
      path: modelPath(facts.name),
      sha256: served.sha256,
      sizeBytes: served.model.sizeBytes,
      dataFiles: dataFiles(served.model, facts.model.externalFiles),
      precision: served.precision,
      method: served.method,
    },
    recipe: json(served.recipe),
    evaluation: json(made.find((m) => m.candidate.id === choice.chosen)?.candidate.evaluation),
    analysis: json(analysis),
    artifacts: plan.files.map(({ artifact: id, path: file, sha256, sizeBytes: bytes }) => ({
      id,
      path: file,
      sha256,
      sizeBytes: bytes,
    })),
    relation: served.method === 'original' ? 'copied-from' : 'quantized-from',
    serviceFolder: plan.folder,
    filesFolder: folder,
  };
}

/** Of the served model the facts know the digests already; data files may be large. */
async function sourceDataFiles(
  { known, served, facts }: PlannedService,
  signal: AbortSignal,
): Promise<DataFileRecord[]> {
  if (served.model === known.model) return dataFiles(served.model, facts.model.externalFiles);
  const digests: Record<string, string> = {};
  for (const { location, path } of known.model.externalFiles) digests[location] = await sha256File(path, signal);
  return dataFiles(known.model, digests);
}

function dataFiles(model: OnnxModel, digests: Readonly<Record<string, string>>): DataFileRecord[] {
  return model.externalFiles.map(({ location, path, sizeBytes }) => ({
    location,
    path,
    sizeBytes,
    sha256: digests[location] as string,
  }));
}

function json(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}
