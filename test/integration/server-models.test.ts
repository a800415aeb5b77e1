/** Published models behind the server, compared with ONNX Runtime itself, and asked by Triton's own Python client. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openSession } from '../../src/runtime/session.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { echo, place } from '../server/models.ts';

const MODELS = new URL('../../../shared/models/', import.meta.url).pathname;
const MNIST = join(MODELS, 'mnist/mnist.onnx');
const MAGIKA = join(MODELS, 'magika');
const PYTHON = process.env.TRITONCLIENT_PYTHON;
const run = promisify(execFile);

const hasModels = existsSync(MNIST) && existsSync(MAGIKA);

describe.skipIf(!hasModels)('published models (skipped without ../shared/models)', () => {
  let server: RunningServer;

  beforeAll(async () => {
    const [mnist] = await readRepository(MNIST);
    const [magika] = await readRepository(join(MAGIKA, 'model.onnx'));
    const models = [mnist, magika && { ...magika, name: 'magika', maxBatchSize: 8 }].filter((m) => m !== undefined);
    const common = { host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1, log: silentLog, clock: systemClock };
    server = await startServer({ models, ...common });
  });

  afterAll(() => server.close());

  async function infer(model: string, body: Buffer | string, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${server.httpUrl}/v2/models/${model}/infer`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    return response;
  }

  test('mnist: JSON and binary give to the bit what ONNX Runtime gives', async () => {
    const pixels = Float32Array.from({ length: 784 }, (_, i) => Math.fround(((i * 7919) % 256) / 3));
    const session = await openSession(MNIST, { threads: 1 });
    const direct = await session.run({ Input3: { dataType: 'float32', dims: [1, 1, 28, 28], data: pixels } });
    await session.release();
    const expected = direct.Plus214_Output_0?.data as Float32Array;
    const head = { name: 'Input3', shape: [1, 1, 28, 28], datatype: 'FP32' };
    const json = await infer('mnist', JSON.stringify({ inputs: [{ ...head, data: [...pixels] }] }));
    const { outputs } = (await json.json()) as { outputs: { data: number[] }[] };
    expect(outputs[0]?.data).toEqual([...expected]);
    const raw = await infer('mnist', Buffer.from(pixels.buffer), { 'inference-header-content-length': '0' });
    const bytes = Buffer.from(await raw.arrayBuffer()).subarray(
      Number(raw.headers.get('inference-header-content-length')),
    );
    expect(bytes).toEqual(Buffer.from(expected.buffer));
  });

  test('magika: a batch of files gets its labels through the classification extension', async () => {
    const labels = (
      JSON.parse(readFileSync(join(MAGIKA, 'config.min.json'), 'utf8')) as { target_labels_space: string[] }
    ).target_labels_space;
    const files = { python: 'code.py', html: 'doc.html' };
    const data = Object.entries(files).flatMap(([label, name]) => [
      ...features(readFileSync(join(MAGIKA, 'files', label, name))),
    ]);
    const request = {
      inputs: [{ name: 'bytes', shape: [2, 2048], datatype: 'INT32', data }],
      outputs: [{ name: 'target_label', parameters: { classification: 1 } }],
    };
    const answer = (await (await infer('magika', JSON.stringify(request))).json()) as { outputs: { data: string[] }[] };
    const found = answer.outputs[0]?.data.map((text) => labels[Number(text.split(':')[1])]);
    expect(found).toEqual(Object.keys(files));
  });
});

/** The first and the last 1024 bytes within the white space of the file, padded with 256. */
function features(file: Buffer): Int32Array {
  const head = Buffer.from(file.subarray(0, 4096).toString('latin1').trimStart(), 'latin1').subarray(0, 1024);
  const tail = Buffer.from(file.subarray(-4096).toString('latin1').trimEnd(), 'latin1').subarray(-1024);
  const values = new Int32Array(2048).fill(256);
  values.set(head, 0);
  values.set(tail, 2048 - tail.length);
  return values;
}

/** Prints what came back, one line per check. */
const CLIENT = `
import sys, numpy as np, tritonclient.http as http
c = http.InferenceServerClient(sys.argv[1])
assert c.is_server_live() and c.is_server_ready() and c.is_model_ready("echo-float32")
assert c.get_server_metadata()["name"] == "nimify"
assert c.get_model_config("echo-float32")["input"][0]["data_type"] == "TYPE_FP32"
assert {m["name"] for m in c.get_model_repository_index()} >= {"echo-float32", "echo-string"}
def echo(name, values, kind, binary, **more):
    x = http.InferInput("x", list(values.shape), kind)
    x.set_data_from_numpy(values, binary_data=binary)
    y = http.InferRequestedOutput("y", binary_data=binary)
    return c.infer(name, [x], outputs=[y], request_id="q1", **more)
for binary in (True, False):
    for more in ({}, {"request_compression_algorithm": "gzip"}, {"request_compression_algorithm": "deflate", "response_compression_algorithm": "gzip"}):
        f = np.array([1.5, -2.25, 3e38], dtype=np.float32)
        r = echo("echo-float32", f, "FP32", binary, **more)
        assert r.get_response()["id"] == "q1" and (r.as_numpy("y") == f).all()
    i = np.array([-2**63, 2**63 - 1], dtype=np.int64)
    assert (echo("echo-int64", i, "INT64", binary).as_numpy("y") == i).all()
    s = np.array(["h\\u00e9llo".encode(), b""], dtype=np.object_)
    got = echo("echo-string", s, "BYTES", binary).as_numpy("y")
    assert [v.encode() if isinstance(v, str) else v for v in got] == list(s), got
h = np.array([0.5, 65504], dtype=np.float16)
assert (echo("echo-float16", h, "FP16", True).as_numpy("y") == h).all()
x = http.InferInput("x", [1], "FP32"); x.set_data_from_numpy(np.array([7], dtype=np.float32))
assert c.infer("echo-float32", [x]).as_numpy("y")[0] == 7
try:
    c.infer("none", [x]); raise SystemExit("an unknown model answered")
except http.InferenceServerException as e:
    assert e.message() == "Request for unknown model: 'none' is not found", e
assert c.get_inference_statistics("echo-float32")["model_stats"][0]["inference_count"] == 7
print("ok")
`;

describe.skipIf(PYTHON === undefined)(
  'tritonclient (skipped unless TRITONCLIENT_PYTHON names a Python that has it)',
  () => {
    test('speaks with the server: metadata, JSON, binary, compression, errors, statistics', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'nimify-client-'));
      for (const type of ['float16', 'float32', 'int64', 'string'] as const)
        await place(folder, `echo-${type}`, echo(type));
      const models = await readRepository(folder);
      const common = { host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1, log: silentLog, clock: systemClock };
      const server = await startServer({ models, ...common });
      try {
        const { stdout } = await run(PYTHON as string, ['-c', CLIENT, server.httpUrl.replace('http://', '')]);
        expect(stdout.trim()).toBe('ok');
      } finally {
        await server.close();
        await rm(folder, { recursive: true });
      }
    });
  },
);
