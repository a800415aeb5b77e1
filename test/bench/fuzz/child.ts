/** Does the cases of one part of a run, one line of JSON for each: its parent sees by the lines that it is alive. */
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from './chance.ts';
import { checkCase } from './check-case.ts';
import { mutate } from './mutations.ts';
import { Seeds } from './seeds.ts';

export interface CaseLine {
  readonly index: number;
  readonly outcome: string;
  readonly seed: string;
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** For an error that nimify must not throw. */
  readonly stack?: string;
}

export interface Part {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export function makeInput(seeds: Seeds, seed: number, index: number): { name: string; bytes: Buffer } {
  const chance = new Chance(seed, index);
  const { name, bytes, tree } = seeds.pick(chance);
  return { name, bytes: mutate(bytes, tree, { chance, other: seeds.pick(chance).bytes }) };
}

async function doCase(seeds: Seeds, part: Part, index: number, path: string): Promise<CaseLine> {
  const { name, bytes } = makeInput(seeds, part.seed, index);
  writeFileSync(path, bytes);
  const start = process.cpuUsage();
  const result = await checkCase(path).then(
    (outcome) => ({ outcome }),
    (error: unknown) => ({ outcome: 'FAILED', stack: error instanceof Error ? String(error.stack) : String(error) }),
  );
  const { user, system } = process.cpuUsage(start);
  return { index, seed: name, ...result, cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() };
}

async function doPart(part: Part): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nimify-fuzz-'));
  try {
    const seeds = new Seeds();
    for (let index = part.from; index < part.to; index += part.step) {
      const line = await doCase(seeds, part, index, join(folder, 'model.onnx'));
      writeSync(1, `${JSON.stringify(line)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const part = process.argv[2];
if (part !== undefined && process.argv[1]?.endsWith('child.ts')) await doPart(JSON.parse(part) as Part);
