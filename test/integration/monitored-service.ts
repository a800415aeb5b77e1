/** The embedded server with a model that can fail, under load, and a Prometheus that scrapes it with the generated files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { FIXTURES, generateAll } from '../artifacts/fixtures.ts';
import { place, reshape } from '../server/models.ts';
import { freePort, until as waitUntil } from './programs.ts';

const base = FIXTURES.faces!;
/** A model that fails while it runs, when the shape that it is given does not fit. */
const FACTS: ServiceFacts = {
  ...base,
  name: 'reshape',
  slo: { latencyMs: 50, availabilityRatio: 0.99, latencyRatio: null },
  model: {
    ...base.model,
    inputs: [
      { name: 'x', dataType: 'float32', shape: ['n'] },
      { name: 'shape', dataType: 'int64', shape: ['k'] },
    ],
    outputs: [{ name: 'y', dataType: 'float32', shape: null }],
  },
};

/** Longest window first needs longest: all are within what the test waits. */
const WINDOWS: Readonly<Record<string, string>> = {
  '5m': '6s',
  '30m': '7s',
  '1h': '8s',
  '2h': '9s',
  '6h': '10s',
  '1d': '11s',
  '3d': '12s',
};

const scaled = (expression: string) =>
  expression.replaceAll(/\[(\d+[mhd])\]/g, (_, window: string) => `[${WINDOWS[window] ?? window}]`);

let folder = '';
let server: RunningServer;
let prometheus: ChildProcess;
let url = '';
let files: ReadonlyMap<string, string>;
let isLoading = true;
let load: Promise<void>;
let failingShare = 0;

export function letFail(share: number): void {
  failingShare = share;
}

/** Of the service: path → text. */
export function monitoredFiles(): ReadonlyMap<string, string> {
  return files;
}

async function infer(isGood: boolean): Promise<number> {
  const shape = isGood ? [2, 2] : [3];
  const body = {
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [4], data: [1, 2, 3, 4] },
      { name: 'shape', datatype: 'INT64', shape: [shape.length], data: shape },
    ],
  };
  const answer = await fetch(`${server.httpUrl}/v2/models/reshape/infer`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** One request every 20 ms, of which `failingShare` fail. */
async function keepLoading(): Promise<void> {
  for (let count = 0; isLoading; count += 1) {
    await infer(count % 10 >= failingShare * 10);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function query(
  expression: string,
): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const document = (await answer.json()) as { status: string; error?: string; data: { result: never[] } };
  if (document.status !== 'success') throw new Error(`${expression}: ${document.error}`);
  return document.data.result;
}

/** What cannot be asked yet is not so yet. */
export async function until(what: string, isSo: () => Promise<boolean>, limitMs: number): Promise<void> {
  await waitUntil(what, () => isSo().catch(() => false), limitMs);
}

async function startPrometheus(metricsUrl: string): Promise<void> {
  const config = parse(files.get('monitoring/prometheus/prometheus.yml')!);
  config.global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  config.scrape_configs[0].static_configs = [{ targets: [new URL(metricsUrl).host] }];
  const rules = parse(files.get('monitoring/prometheus/rules.yml')!);
  for (const rule of rules.groups.flatMap((group: { rules: unknown[] }) => group.rules)) {
    rule.expr = scaled(rule.expr);
    if (rule.for !== undefined) rule.for = '1s';
  }
  config.scrape_configs = config.scrape_configs.slice(0, 1);
  await writeFile(join(folder, 'prometheus.yml'), stringify(config));
  await writeFile(join(folder, 'rules.yml'), stringify(rules));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok, 20_000);
}

export async function startMonitored(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'nimify-monitoring-'));
  files = await generateAll(FACTS);
  await place(join(folder, 'models'), 'reshape', reshape());
  await writeFile(join(folder, 'models/reshape/config.pbtxt'), files.get('models/reshape/config.pbtxt')!);
  server = await startServer({
    models: await readRepository(join(folder, 'models')),
    host: '127.0.0.1',
    httpPort: 0,
    metricsPort: 0,
    threads: 1,
    log: silentLog,
    clock: systemClock,
  });
  await startPrometheus(server.metricsUrl);
  load = keepLoading();
}

export async function stopMonitored(): Promise<void> {
  isLoading = false;
  await load;
  prometheus?.kill();
  await new Promise((resolve) => prometheus.once('exit', resolve));
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

/** An expression of a panel as Grafana would send it. */
export function asGrafana(expression: string): string {
  return expression.replaceAll('$__rate_interval', '6s').replaceAll('$model', 'reshape').replaceAll('$instance', '.+');
}

/** Values over the last seconds, one list per series. */
export async function queryRange(
  expression: string,
  seconds: number,
): Promise<readonly { metric: Record<string, string>; values: [number, string][] }[]> {
  const end = Date.now() / 1000;
  const range = `start=${end - seconds}&end=${end}&step=1`;
  const answer = await fetch(`${url}/api/v1/query_range?query=${encodeURIComponent(asGrafana(expression))}&${range}`);
  const document = (await answer.json()) as { data: { result: never[] } };
  return document.data.result;
}
