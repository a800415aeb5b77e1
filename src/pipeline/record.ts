/** Records a new version in the catalog: bytes first, then everything else in one transaction. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import type { JsonValue } from '../base/errors.ts';
import { packageVersion } from '../base/version.ts';
import { openCatalog } from '../catalog/catalog.ts';
import type { PlannedService } from './create.ts';
import type { PipelineDeps } from './requests.ts';
import { modelPath } from './service.ts';

/**
 * @param writtenFolder where the files lie now; the version remembers the final folder
 * @returns the id of the version, `name@number`
 */
export async function recordVersion(plan: PlannedService, writtenFolder: string, deps: PipelineDeps): Promise<string> {
  const { known, served, facts, made } = plan;
  const { shapes: _shapes, findings: _findings, ...analysis } = known.analysis;
  const path = join(writtenFolder, modelPath(facts.name));
  const catalog = await openCatalog({ folder: deps.config.dataFolder, clock: deps.clock });
  try {
    const version = await catalog.record({
      name: plan.name,
      nimifyVersion: packageVersion(),
      createdAt: deps.clock.now().toISOString(),
      source: {
        kind: known.local.kind,
        reference: known.local.reference,
        file: { path: known.local.path, sha256: known.local.sha256, sizeBytes: known.local.sizeBytes },
      },
      model: {
        path,
        sha256: served.sha256,
        sizeBytes: (await stat(path)).size,
        precision: served.precision,
        method: served.method,
      },
      recipe: json(served.recipe),
      evaluation: json(made.find((m) => m.candidate.id === served.method)?.candidate.evaluation ?? null),
      analysis: json(analysis),
      artifacts: plan.files.map((file) => ({
        id: file.artifact,
        path: join(writtenFolder, ...file.path.split('/')),
        sha256: sha256(file.content),
        sizeBytes: Buffer.byteLength(file.content),
      })),
      relation: served.method === 'original' ? 'copied-from' : 'quantized-from',
      serviceFolder: plan.folder,
    });
    return version.id;
  } finally {
    catalog.close();
  }
}

function json(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}
