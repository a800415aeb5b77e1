/** Scans the models that it is told of and says which rules applied: a line of JSON per path, as reader.ts reads. */
import { createInterface } from 'node:readline';
import { scanPath } from '../../../src/scanner/scan.ts';

export interface Scanning {
  readonly path: string;
  /** `severity rule`, each once; or the stack of an error that nobody foresaw. */
  readonly rules: readonly string[];
  readonly cpuMs: number;
}

async function scan(path: string): Promise<Scanning> {
  const start = process.cpuUsage();
  const done = (rules: readonly string[]): Scanning => {
    const { user, system } = process.cpuUsage(start);
    return { path, rules, cpuMs: (user + system) / 1000 };
  };
  try {
    const { results } = await scanPath(path);
    return done([...new Set(results.map(({ severity, rule }) => `${severity} ${rule}`))]);
  } catch (error) {
    return done([`thrown ${error instanceof Error ? error.stack : error}`]);
  }
}

for await (const path of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await scan(path))}\n`);
}
