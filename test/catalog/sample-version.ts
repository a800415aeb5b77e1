/** Versions with real files in a folder that is gone after the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Catalog, type OpenOptions, openCatalog } from '../../src/catalog/catalog.ts';
import type { NewVersion } from '../../src/catalog/records.ts';
import { writeSample } from './sample-file.ts';

export const CLOCK = { now: () => new Date('2026-11-21T08:00:00.000Z'), monotonicMs: () => 0 };

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nimify-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `content` makes the bytes of the source and of the model different from those of other versions. */
export function sampleVersion(
  folder: string,
  name: string,
  content = name,
  changes: Partial<NewVersion> = {},
): NewVersion {
  const service = join(folder, 'services', name);
  return {
    name,
    nimifyVersion: '0.1.0',
    createdAt: '2026-11-21T08:00:00.000Z',
    source: {
      kind: 'local',
      reference: `models/${name}.onnx`,
      file: writeSample(join(folder, 'models', `${content}.onnx`), `source of ${content}`),
    },
    model: {
      ...writeSample(join(service, 'models', '1', 'model.onnx'), `model of ${content}`),
      precision: 'int8',
      method: 'dynamic',
    },
    recipe: { method: 'dynamic', steps: [1, 2.5] },
    evaluation: { samples: 8, latency: { speedup: 1.5 } },
    analysis: { operators: { Conv: 3, 'com.microsoft::Attention': 1 } },
    artifacts: [{ id: 'docker', ...writeSample(join(service, 'Dockerfile'), `FROM ${content}\n`) }],
    relation: 'quantized-from',
    serviceFolder: service,
    ...changes,
  };
}

/** Closed when the test is over. */
export async function opened(folder: string, options: Partial<OpenOptions> = {}): Promise<Catalog> {
  const catalog = await openCatalog({ folder, clock: CLOCK, actor: 'tester', ...options });
  onTestFinished(() => catalog.close());
  return catalog;
}
