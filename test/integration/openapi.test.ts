/** The OpenAPI document judged by a validator, and every example in it sent to the embedded server. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/artifacts/openapi/document.ts';
import { otherDatatype, UNKNOWN_VERSION } from '../../src/artifacts/openapi/responses.ts';
import { at } from '../../src/artifacts/problems.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import type { ModelProto } from '../../src/onnx/proto.ts';
import { readRepository } from '../../src/server/repository.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import { FIXTURES } from '../artifacts/fixtures.ts';
import { VARIANTS } from '../artifacts/variants.ts';
import { ECHO_TYPES, pair, place, scalar, slow } from '../server/models.ts';
import { nimify, sharedModels } from './command.ts';

type Tensors = ServiceFacts['model']['inputs'];

function serviceOf(name: string, inputs: Tensors, outputs: Tensors): ServiceFacts {
  const { voice } = FIXTURES;
  return { ...voice!, name, model: { ...voice!.model, inputs, outputs } };
}

const tensor = (name: string, dataType: string, shape: Tensors[number]['shape']) => ({ name, dataType, shape });
const row = (name: string) => tensor(name, 'float32', ['batch', 2]);
const large = (name: string) => tensor(name, 'float32', [100, 100]);
const NAMES = ECHO_TYPES.map((type) => tensor(`${type} "é'\\`, type, [2]));

/** Half floats, strings and every other type, and names that shells and JSON read otherwise. */
function everyType(): ModelProto {
  const graph = makeGraph({
    name: 'types',
    nodes: NAMES.map(({ name }) => makeNode('Identity', [name], [`${name} out`])),
    inputs: NAMES.map(({ name, dataType }) => makeValueInfo(name, dataType as 'bool', [2])),
    outputs: NAMES.map(({ name, dataType }) => makeValueInfo(`${name} out`, dataType as 'bool', [2])),
  });
  return makeModel({ graph, opset: 17, irVersion: 8 });
}

const MADE: readonly (readonly [ServiceFacts, ModelProto])[] = [
  [serviceOf('pair', [row('a'), row('b')], [row('sum'), row('product')]), pair()],
  [serviceOf('scalar', [tensor('x', 'int64', [])], [tensor('y', 'int64', [])]), scalar()],
  [serviceOf('large', [large('x')], [large('y')]), slow(100, 1)],
  [
    serviceOf(
      'types',
      NAMES,
      NAMES.map((one) => ({ ...one, name: `${one.name} out` })),
    ),
    everyType(),
  ],
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-openapi-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serve(path: string): Promise<RunningServer> {
  const options = { host: '127.0.0.1', httpPort: 0, metricsPort: 0, threads: 1, log: silentLog, clock: systemClock };
  return startServer({ ...options, models: await readRepository(path) });
}

describe('a validator of OpenAPI', () => {
  test.each(Object.keys(VARIANTS).filter((name) => /-(cpu|gpu-on)$/.test(name)))(
    'accepts the document of %s',
    async (name) => {
      const text = JSON.stringify(openApiDocument(VARIANTS[name]!));
      expect(await new Validator().validate(JSON.parse(text))).toMatchObject({ valid: true });
    },
  );

  test('accepts the task endpoint, which is there for a model whose inputs are prepared', async () => {
    const preprocessing = { kind: 'text', maxTokens: 128 } as const;
    const document = openApiDocument({ ...FIXTURES.text!, preprocessing });
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
    expect(at(document, 'paths', '/v2/models/no-ensemble/infer', 'post', 'summary')).toContain('texts');
    expect(JSON.stringify(openApiDocument(FIXTURES.text!))).not.toContain('ensemble');
  });

  test.each([
    ['a parameter in the body', '"in":"header"', '"in":"body"'],
    ['an operation without its responses', '"responses":{"200"', '"response":{"200"'],
  ])('is no yes-man: it refuses %s', async (_, from, to) => {
    const text = JSON.stringify(openApiDocument(FIXTURES.faces!));
    expect(text).toContain(from);
    expect(await new Validator().validate(JSON.parse(text.replace(from, to)))).toMatchObject({ valid: false });
  });
});

interface Service {
  readonly facts: ServiceFacts;
  readonly server: RunningServer;
}

/** Checks one JSON value against a schema of the document. */
function judge(document: object, schema: string, value: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  const { schemas } = (document as { components: { schemas: object } }).components;
  const validate = ajv.compile({ $ref: `#/components/schemas/${schema}`, components: { schemas } });
  return validate(value) ? [] : validate.errors?.slice(0, 3);
}

interface Input {
  readonly datatype: string;
  readonly parameters?: { readonly binary_data_size: number };
}

async function post(
  { facts, server }: Service,
  json: { readonly inputs: readonly Input[] },
  rest = '',
): Promise<Response> {
  const tail = json.inputs.reduce((sum, input) => sum + (input.parameters?.binary_data_size ?? 0), 0);
  const head = Buffer.from(JSON.stringify(json));
  const headers: Record<string, string> = tail === 0 ? {} : { 'inference-header-content-length': String(head.length) };
  const body = Buffer.concat([head, Buffer.alloc(tail)]);
  return fetch(`${server.httpUrl}/v2/models/${facts.name}${rest}/infer`, { method: 'POST', headers, body });
}

async function headOf(response: Response): Promise<unknown> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const size = response.headers.get('inference-header-content-length');
  return JSON.parse(bytes.subarray(0, size === null ? bytes.length : Number(size)).toString());
}

function shell(script: string): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', script], { cwd: folder });
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
    });
    child.stderr.on('data', (bytes) => {
      text += bytes;
    });
    child.on('close', (status) => resolve({ status, text }));
  });
}

/** Everything that the document of a service promises, asked of a server that serves it. */
async function keepsItsWord(service: Service): Promise<void> {
  const { facts, server } = service;
  // As a reader has it.
  const document = JSON.parse(JSON.stringify(openApiDocument(facts))) as { paths: Record<string, object> };
  const url = `/v2/models/${facts.name}`;
  const operation = document.paths[`${url}/infer`] as { post: { 'x-codeSamples': { source: string }[] } };
  const content = at(operation, 'post', 'requestBody', 'content') as Record<string, { examples?: object }>;
  const examples = Object.values(content).flatMap((one) => Object.entries(one.examples ?? {}));
  expect(examples.length).toBeGreaterThan(2);
  for (const [name, { value }] of examples as [string, { value: { inputs: Input[] } }][]) {
    expect(judge(document, 'InferRequest', value), name).toEqual([]);
    const response = await post(service, value);
    const answer = await headOf(response);
    expect(response.status, `${name}: ${JSON.stringify(answer).slice(0, 300)}`).toBe(200);
    expect(judge(document, 'InferResponse', answer), name).toEqual([]);
    await refusals(service, document, value);
  }
  await documents(service, document);
  const [{ source }] = operation.post['x-codeSamples'] as [{ source: string }];
  const ran = await shell(source.replaceAll(`http://localhost:${facts.serving.httpPort}`, server.httpUrl));
  expect(ran, ran.text).toMatchObject({ status: 0 });
}

async function refusals(service: Service, document: object, json: { inputs: Input[] }): Promise<void> {
  const said = (name: string, example: string) =>
    at(document, 'components', 'responses', name, 'content', 'application/json', 'examples', example, 'value');
  const [first, ...others] = json.inputs as [Input, ...Input[]];
  const wrong = { ...json, inputs: [{ ...first, datatype: otherDatatype(first.datatype) }, ...others] };
  const refused = await post(service, wrong);
  expect([refused.status, await refused.json()]).toEqual([400, said('BadRequest', 'wrongDatatype')]);
  const unknown = await post(service, json, `/versions/${UNKNOWN_VERSION}`);
  expect([unknown.status, await unknown.json()]).toEqual([404, said('NotFound', 'unknownVersion')]);
  const { httpUrl } = service.server;
  const notReady = await fetch(`${httpUrl}/v2/models/${service.facts.name}/versions/${UNKNOWN_VERSION}/ready`);
  expect([notReady.status, await notReady.json()]).toEqual([400, said('NotReady', 'notReady')]);
}

/** Every GET, and the index: 200, and the JSON that the schema says. */
async function documents({ facts, server }: Service, document: { paths: Record<string, object> }): Promise<void> {
  for (const [path, item] of Object.entries(document.paths)) {
    if (path.endsWith('/infer')) continue;
    const [method = 'get'] = Object.keys(item).filter((key) => key === 'get' || key === 'post');
    const base = path === '/metrics' ? server.metricsUrl.replace(/\/metrics$/, '') : server.httpUrl;
    const response = await fetch(base + path.replace('{version}', '1'), { method });
    expect(response.status, path).toBe(200);
    const media = at(item, method, 'responses', '200', 'content', 'application/json');
    const schema = at(media, 'schema', '$ref');
    if (typeof schema !== 'string') continue;
    const answer: unknown = await response.json();
    expect(judge(document, schema.split('/').at(-1) as string, answer), path).toEqual([]);
    const example = at(media, 'examples', 'model', 'value');
    if (example !== undefined) expect(answer, `${facts.name} ${path}`).toEqual(example);
  }
}

describe('every example runs', () => {
  test.each(MADE.map(([facts, model]) => [facts.name, facts, model] as const))('of %s', async (name, facts, model) => {
    const repository = join(folder, `made-${name}`);
    await place(repository, name, model);
    const isBatched = name === 'pair';
    writeFileSync(
      join(repository, name, 'config.pbtxt'),
      `max_batch_size: ${isBatched ? facts.serving.maxBatchSize : 0}`,
    );
    const server = await serve(repository);
    try {
      await keepsItsWord({ facts, server });
    } finally {
      await server.close();
    }
  });

  const shared = sharedModels();
  test
    .skipIf(shared === undefined)
    .each([
      'magika/model.onnx',
      'mnist/mnist.onnx',
      'silero-vad/silero_vad.onnx',
      'tiny-bert/model.onnx',
      'ultraface/version-RFB-320.onnx',
      'yunet/yunet_n_dynamic.onnx',
    ])('of the published model %s (of ../shared/models)', async (path) => {
    const made = join(folder, path.split('/')[0] as string);
    const args = ['create', join(shared as string, path), '-o', made, '--name', path.split('/')[0] as string, '--json'];
    const { exitCode, stderr, stdout } = await nimify(args, { cwd: folder });
    expect(exitCode, stderr + stdout.slice(0, 500)).toBe(0);
    const { facts } = JSON.parse(readFileSync(join(made, 'service.json'), 'utf8')) as { facts: ServiceFacts };
    const server = await serve(made);
    try {
      await keepsItsWord({ facts, server });
    } finally {
      await server.close();
    }
  });
});
