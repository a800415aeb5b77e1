/**
 * Medians of the catalog: recording a model of 1 MB, and reading with 10 000 versions.
 * Run: npx tsx test/bench/catalog.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { formatMs } from '../../src/base/units.ts';
import { type Catalog, openCatalog } from '../../src/catalog/catalog.ts';
import type { NewVersion } from '../../src/catalog/records.ts';
import { writeSample } from '../catalog/sample-file.ts';

const VERSIONS = 10_000;
const RUNS = 25;
const OPERATORS = ['Conv', 'Relu', 'Gemm', 'MatMul', 'Softmax', 'LSTM', 'Resize', 'Concat', 'Attention', 'Gather'];

async function medianMs(run: (index: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const start = performance.now();
    await run(i);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}

function version(folder: string, name: string, modelBytes: Uint8Array, operators: readonly string[]): NewVersion {
  const model = writeSample(join(folder, 'model.onnx'), modelBytes);
  return {
    name,
    nimifyVersion: '0.1.0',
    createdAt: systemClock.now().toISOString(),
    source: {
      kind: 'local',
      reference: `hub/${name}/model.onnx`,
      file: writeSample(join(folder, 'source.onnx'), 'source'),
    },
    model: { ...model, precision: 'int8', method: 'dynamic' },
    recipe: null,
    evaluation: null,
    analysis: { operators: Object.fromEntries(operators.map((type) => [type, 1])) },
    artifacts: [],
    relation: 'quantized-from',
    serviceFolder: folder,
  };
}

async function fill(catalog: Catalog, folder: string): Promise<void> {
  for (let i = 0; i < VERSIONS; i += 1) {
    const operators = [OPERATORS[i % 10] ?? '', OPERATORS[Math.floor(i / 10) % 10] ?? ''];
    await catalog.record(version(folder, `model-${i % 2000}`, Buffer.from('small'), operators));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'nimify-bench-'));
try {
  const home = join(folder, 'home');
  const catalog = await openCatalog({ folder: home, clock: systemClock });
  const figures: [string, number][] = [];
  const prepared = Array.from({ length: RUNS }, (_, i) =>
    version(join(folder, `m${i}`), 'large', Buffer.alloc(1e6, `${i} `), []),
  );
  figures.push(['record() with a new model of 1 MB', await medianMs((i) => catalog.record(prepared[i] as NewVersion))]);
  figures.push([
    'record() with the same bytes again',
    await medianMs((i) => catalog.record(prepared[i] as NewVersion)),
  ]);
  const start = performance.now();
  await fill(catalog, join(folder, 'small'));
  figures.push([`record() of a tiny model, mean of ${VERSIONS}`, (performance.now() - start) / VERSIONS]);
  let cursor = catalog.list().nextCursor ?? '';
  figures.push(['list(), first page of 20', await medianMs(() => catalog.list())]);
  figures.push([
    'list(), next pages of 20',
    await medianMs(() => {
      cursor = catalog.list({ cursor }).nextCursor ?? '';
    }),
  ]);
  figures.push(['show() by name', await medianMs((i) => catalog.show(`model-${i}`))]);
  figures.push(['lineage()', await medianMs((i) => catalog.lineage(`large@${i + 1}`))]);
  for (const text of ['model-1234', 'attention lstm', 'attention', 'hub', 'odel-19', 'nothing-like-it']) {
    const { total } = catalog.search(text);
    figures.push([`search("${text}"), ${total} matches`, await medianMs(() => catalog.search(text))]);
  }
  catalog.close();
  const openAndList = async () => {
    const reader = await openCatalog({ folder: home, clock: systemClock, mode: 'read' });
    reader.list();
    reader.close();
  };
  figures.push(['open for reading, list, close', await medianMs(openAndList)]);
  for (const [what, ms] of figures) console.log(`${what.padEnd(48)} ${formatMs(ms).padStart(10)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
