/** A process of its own that uses a catalog: `record FOLDER FILES NAME COUNT` or `open FROM_MS FOLDER…`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { openCatalog } from '../../../src/catalog/catalog.ts';
import { writeSample } from '../../catalog/sample-file.ts';

const [command, ...rest] = process.argv.slice(2);

/** Each version has a model of 1 MiB of its own; tells the id of each version once it is recorded. */
async function record([folder = '', files = '', name = '', count = '0']: string[]): Promise<void> {
  const catalog = await openCatalog({ folder, clock: systemClock });
  const source = writeSample(join(files, 'source.onnx'), `source of ${name}`);
  for (let i = 0; i < Number(count); i += 1) {
    const model = writeSample(join(files, 'model.onnx'), Buffer.alloc(1 << 20, `${process.pid} ${i} `));
    const version = await catalog.record({
      name,
      nimifyVersion: '0.1.0',
      createdAt: systemClock.now().toISOString(),
      source: { kind: 'local', reference: 'source.onnx', file: source },
      model: { ...model, precision: 'int8', method: 'dynamic' },
      recipe: null,
      evaluation: null,
      analysis: { operators: { Conv: 1 } },
      artifacts: [],
      relation: 'quantized-from',
      serviceFolder: files,
    });
    process.send?.(version.id);
  }
  catalog.close();
}

/** Opens each folder at its moment, so that several processes meet at catalogs that are not there yet. */
async function openAll([from = '0', ...folders]: string[]): Promise<void> {
  for (const [index, folder] of folders.entries()) {
    const moment = Number(from) + index * 150;
    await sleep(Math.max(0, moment - Date.now() - 20));
    while (Date.now() < moment);
    const catalog = await openCatalog({ folder, clock: systemClock });
    catalog.list();
    catalog.close();
  }
}

try {
  await (command === 'record' ? record(rest) : openAll(rest));
  process.disconnect?.();
} catch (error) {
  writeFileSync(2, `${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
  process.disconnect?.();
}
