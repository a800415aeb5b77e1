/** The OpenAPI 3.1 document, after the Open Inference Protocol V2 and Triton's extensions to it. */
import { imageTag, serverUrl } from '../layout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { inferOfVersion, inferOperation } from './infer.ts';
import { metadataTensors } from './metadata.ts';
import { errorResponses } from './responses.ts';
import { FIXED_SCHEMAS, reference, requestSchemas, type Schema } from './schemas.ts';
import { taskPaths, taskSchemas, taskTags } from './task.ts';

export function openApiDocument(facts: ServiceFacts): Schema {
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    info: {
      title: facts.name,
      version: imageTag(facts),
      description:
        `Inference with ${facts.name} (${facts.model.precision}) over the Open Inference Protocol V2. ` +
        'The same protocol is spoken over gRPC, see inference.GRPCInferenceService.',
    },
    servers: [{ url: serverUrl(facts) }],
    tags: [
      { name: 'health', description: 'Is the server alive, is it ready.' },
      { name: 'metadata', description: 'What the server and the model are, and what they did.' },
      { name: 'inference', description: 'Running the model.' },
      ...taskTags(facts),
    ],
    paths: { ...serverPaths(facts), ...modelPaths(facts), ...versionPaths(facts), ...taskPaths(facts) },
    components: {
      schemas: { ...requestSchemas(facts), ...FIXED_SCHEMAS, ...taskSchemas(facts) },
      responses: errorResponses(facts),
      parameters: PARAMETERS,
    },
    security: [],
  };
}

export function modelUrl(facts: ServiceFacts): string {
  return `/v2/models/${facts.name}`;
}

const PARAMETERS: Readonly<Record<string, Schema>> = {
  HeaderLength: {
    name: 'Inference-Header-Content-Length',
    in: 'header',
    required: false,
    description: 'Bytes of the JSON when binary tensor data follow it; 0: the body is the data of the only input.',
    schema: { type: 'integer', minimum: 0 },
  },
  Version: {
    name: 'version',
    in: 'path',
    required: true,
    description: 'Name of the version folder.',
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
    example: '1',
  },
};

const NOT_READY = { '400': reference('responses', 'NotReady') } as const;
const UNKNOWN = { '404': reference('responses', 'NotFound'), '503': reference('responses', 'Unavailable') } as const;

function serverPaths(facts: ServiceFacts): Schema {
  const ready = { description: 'Ready' } as const;
  return {
    '/v2': get('serverMetadata', 'metadata', 'Name, version and extensions of the server', json('ServerMetadata')),
    '/v2/health/live': get('serverLive', 'health', 'Whether the server runs', { description: 'Alive' }, NOT_READY),
    '/v2/health/ready': get('serverReady', 'health', 'Whether every model is ready', ready, NOT_READY),
    '/v2/models/stats': get('allStatistics', 'metadata', 'Statistics of all models', json('ModelStatistics')),
    '/v2/repository/index': {
      post: {
        operationId: 'repositoryIndex',
        tags: ['metadata'],
        summary: 'The models that the server has, and their states',
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { ready: { type: 'boolean', description: 'Only those ready.' } } },
              examples: { ready: { value: { ready: true } } },
            },
          },
        },
        responses: { '200': json('RepositoryIndex'), '400': reference('responses', 'BadRequest') },
      },
    },
    '/metrics': {
      servers: [{ url: `http://localhost:${facts.serving.metricsPort}` }],
      ...get('metrics', 'metadata', 'Metrics for Prometheus, on a port of their own', {
        description: 'Text format of Prometheus',
        content: { 'text/plain': { schema: { type: 'string' } } },
      }),
    },
  };
}

function modelPaths(facts: ServiceFacts, url = modelUrl(facts), suffix = ''): Schema {
  const metadata = {
    ...json('ModelMetadata'),
    content: withExample(json('ModelMetadata'), {
      name: facts.name,
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      ...metadataTensors(facts),
    }),
  };
  const ready = { description: 'Ready' } as const;
  return {
    [url]: get(`modelMetadata${suffix}`, 'metadata', 'Inputs and outputs of the model', metadata, UNKNOWN),
    [`${url}/ready`]: get(`modelReady${suffix}`, 'health', 'Whether the model is ready', ready, NOT_READY),
    [`${url}/config`]: get(
      `modelConfig${suffix}`,
      'metadata',
      'The configuration in use',
      json('ModelConfig'),
      UNKNOWN,
    ),
    [`${url}/stats`]: get(
      `modelStatistics${suffix}`,
      'metadata',
      'Counts and durations since the start',
      json('ModelStatistics'),
      UNKNOWN,
    ),
    [`${url}/infer`]: { post: suffix === '' ? inferOperation(facts) : inferOfVersion(facts) },
  };
}

/** The same for one version, where a repository holds several. */
function versionPaths(facts: ServiceFacts): Schema {
  const paths = modelPaths(facts, `${modelUrl(facts)}/versions/{version}`, 'OfVersion');
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      { parameters: [reference('parameters', 'Version')], ...(item as Schema) },
    ]),
  );
}

function get(operationId: string, tag: string, summary: string, success: Schema, failures: Schema = {}): Schema {
  return { get: { operationId, tags: [tag], summary, responses: { '200': success, ...failures } } };
}

function json(schema: string): { readonly description: string; readonly content: Schema } {
  return { description: 'Success', content: { 'application/json': { schema: reference('schemas', schema) } } };
}

function withExample({ content }: { readonly content: Schema }, value: Schema): Schema {
  return { 'application/json': { ...(content['application/json'] as Schema), examples: { model: { value } } } };
}
