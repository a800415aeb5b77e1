/** The inference test of the chart: what its pod runs, run here against the embedded server. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { writeTree } from '../../src/base/write-files.ts';
import { makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { FIXTURES, generateAll } from '../artifacts/fixtures.ts';
import { place } from '../server/models.ts';

/** Name, type and shape: text, half floats and numbers, some written out and some too large for it. */
const TENSORS = [
  ['few "numbers"', 'float32', [2, 3]],
  ['many numbers', 'float32', [1, 3, 64, 64]],
  ['{{ halves }}', 'float16', [4]],
  ['a word', 'string', [1]],
  ['many words', 'string', [100]],
  ['ids', 'int64', [1, 128]],
  ['flag', 'bool', [1]],
] as const;

const facts: ServiceFacts = {
  ...FIXTURES.voice!,
  name: 'echo',
  model: {
    ...FIXTURES.voice!.model,
    inputs: TENSORS.map(([name, dataType, shape]) => ({ name, dataType, shape: [...shape] })),
    outputs: TENSORS.map(([name, dataType, shape]) => ({ name: `${name} out`, dataType, shape: [...shape] })),
  },
};

let folder = '';
let server: RunningServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-helm-request-'));
  const graph = makeGraph({
    name: 'echo',
    nodes: TENSORS.map(([name]) => makeNode('Identity', [name], [`${name} out`])),
    inputs: TENSORS.map(([name, dataType, shape]) => makeValueInfo(name, dataType, shape)),
    outputs: TENSORS.map(([name, dataType, shape]) => makeValueInfo(`${name} out`, dataType, shape)),
  });
  await place(folder, 'models/echo', makeModel({ graph, opset: 17, irVersion: 8 }));
  await writeFile(join(folder, 'models/echo/config.pbtxt'), 'name: "echo" backend: "onnxruntime" max_batch_size: 0');
  const models = await readRepository(join(folder, 'models'));
  const common = { host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1, log: silentLog, clock: systemClock };
  server = await startServer({ models, ...common });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Container {
  readonly command: readonly [string, ...string[]];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/** Container and request of the hook, as Helm renders them. */
async function hookOf(service: ServiceFacts): Promise<{ container: Container; request: string }> {
  const chart = join(folder, service.serving.imageProfile);
  await writeTree(
    chart,
    [...(await generateAll(service))].map(([path, content]) => ({ path, content })),
  );
  const args = ['template', 'release', join(chart, 'chart'), '--kube-version', '1.36.0'];
  const { stdout, stderr } = spawnSync('helm', [...args, '--show-only', 'templates/tests/infer.yaml'], {
    encoding: 'utf8',
  });
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  const pod = objects.find((object) => object?.kind === 'Pod');
  const map = objects.find((object) => object?.kind === 'ConfigMap');
  if (pod === undefined || map === undefined) throw new Error(stderr);
  return { container: pod.spec.containers[0], request: map.data['request.json'] };
}

async function runHook(service: ServiceFacts, url: string, change: (request: string) => string = (text) => text) {
  const { container, request } = await hookOf(service);
  const file = join(folder, 'request.json');
  await writeFile(file, change(request));
  const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  expect(given.URL).toBe('http://release-echo:8000/v2/models/echo/infer');
  const env = {
    ...process.env,
    ...given,
    URL: `${url}/v2/models/echo/infer`,
    REQUEST: file,
    ANSWER: join(folder, 'a'),
  };
  const [program, ...args] = container.command;
  const child = spawn(program, args, { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, text };
}

const PROFILES = ['standard', 'node'] as const;
const withProfile = (imageProfile: (typeof PROFILES)[number]): ServiceFacts => ({
  ...facts,
  serving: { ...facts.serving, imageProfile },
});
const canRun = ['helm', 'curl'].every((name) => spawnSync(name, ['--help'], { stdio: 'ignore' }).status === 0);

describe.skipIf(!canRun).each(PROFILES)('the inference test of the chart, image %s (helm and curl)', (profile) => {
  test('posts a request that the model answers', async () => {
    const { status, text } = await runHook(withProfile(profile), server.httpUrl);
    expect(status, text).toBe(0);
    expect(text).toContain('"many words out"');
  });

  test('fails, and says what the server said, when a tensor is not the model’s', async () => {
    const { status, text } = await runHook(withProfile(profile), server.httpUrl, (request) =>
      request.replace('"ids"', '"id"'),
    );
    expect(status).not.toBe(0);
    expect(text).toMatch(/\bid\b/);
  });

  test('fails when nobody answers', async () => {
    const { status } = await runHook(withProfile(profile), 'http://127.0.0.1:9');
    expect(status).not.toBe(0);
  });
});
