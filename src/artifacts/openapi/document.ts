/** The OpenAPI 3.1 document, after the Open Inference Protocol V2 and Triton's binary extension to it. */
import { imageTag } from '../layout.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { dataSchemas, exampleRequest, needsBinary, type Schema, tensorSchema } from './schemas.ts';

export function openApiDocument(facts: ServiceFacts): Schema {
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://spec.openapis.org/oas/3.1/dialect/base',
    info: {
      title: facts.name,
      version: imageTag(facts),
      description: `Inference with ${facts.name} over the Open Inference Protocol V2.`,
    },
    servers: [{ url: `http://localhost:${facts.serving.httpPort}` }],
    tags: [
      { name: 'health', description: 'Is the server alive, is it ready.' },
      { name: 'metadata', description: 'What the server and the model are.' },
      { name: 'inference', description: 'Running the model.' },
    ],
    paths: paths(facts),
    components: { schemas: schemas(facts) },
    security: [],
  };
}

export function modelUrl(facts: ServiceFacts): string {
  return `/v2/models/${facts.name}`;
}

function paths(facts: ServiceFacts): Schema {
  const model = modelUrl(facts);
  return {
    '/v2': get('serverMetadata', 'metadata', 'Name, version and extensions of the server', json('ServerMetadata')),
    '/v2/health/live': get('serverLive', 'health', 'Whether the server runs', EMPTY),
    '/v2/health/ready': get('serverReady', 'health', 'Whether every model is ready', EMPTY),
    [model]: get('modelMetadata', 'metadata', 'Inputs and outputs of the model', json('ModelMetadata')),
    [`${model}/ready`]: get('modelReady', 'health', 'Whether the model is ready', EMPTY),
    [`${model}/config`]: get('modelConfig', 'metadata', 'The configuration that the server uses', json('AnyObject')),
    [`${model}/stats`]: get('modelStatistics', 'metadata', 'Counts and durations since the start', json('AnyObject')),
    [`${model}/infer`]: { post: infer(facts) },
  };
}

const EMPTY = { description: 'Yes' } as const;

function json(schema: string): Schema {
  return {
    description: 'Success',
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
  };
}

const FAILURE = (description: string): Schema => ({ ...json('Error'), description });

function get(operationId: string, tag: string, summary: string, success: Schema): Schema {
  // Triton says "not ready" with 400, where others use 503.
  const responses = { '200': success, '400': FAILURE('Not ready, or a bad request') };
  return { get: { operationId, tags: [tag], summary, responses } };
}

function infer(facts: ServiceFacts): Schema {
  const example = exampleRequest(facts);
  const body = { schema: { $ref: '#/components/schemas/InferRequest' }, example };
  return {
    operationId: 'infer',
    tags: ['inference'],
    summary: `Run ${facts.name}`,
    description: needsBinary(example)
      ? 'The example is the JSON header of a binary request: the bytes of the inputs with binary_data_size follow it in order, and Inference-Header-Content-Length tells where they begin.'
      : 'Values of the example only show the form.',
    parameters: [
      {
        name: 'Inference-Header-Content-Length',
        in: 'header',
        required: false,
        description: 'Bytes of the JSON header when binary tensor data follow it.',
        schema: { type: 'integer', minimum: 0 },
      },
    ],
    requestBody: {
      required: true,
      content: needsBinary(example)
        ? { 'application/octet-stream': body, 'application/json': { schema: body.schema } }
        : { 'application/json': body },
    },
    responses: {
      '200': json('InferResponse'),
      '400': FAILURE('A tensor has a wrong name, datatype or shape, or the model is not ready'),
      '404': FAILURE('No such model'),
      '500': FAILURE('The model failed on these values'),
      '503': FAILURE('The queue is full'),
    },
  };
}

function schemas(facts: ServiceFacts): Schema {
  const { inputs, outputs } = facts.model;
  return {
    InferRequest: {
      type: 'object',
      required: ['inputs'],
      properties: {
        id: { type: 'string' },
        parameters: { $ref: '#/components/schemas/AnyObject' },
        inputs: {
          type: 'array',
          minItems: inputs.length,
          maxItems: inputs.length,
          items: oneOf(inputs, facts),
        },
        outputs: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { enum: outputs.map(({ name }) => name) },
              parameters: { $ref: '#/components/schemas/TensorParameters' },
            },
          },
        },
      },
    },
    InferResponse: {
      type: 'object',
      required: ['model_name', 'outputs'],
      properties: {
        id: { type: 'string' },
        model_name: { const: facts.name },
        model_version: { type: 'string' },
        outputs: { type: 'array', items: oneOf(outputs, facts) },
      },
    },
    ...dataSchemas(),
    ...FIXED_SCHEMAS,
  };
}

function oneOf(tensors: readonly TensorFacts[], facts: ServiceFacts): Schema {
  const all = tensors.map((tensor) => tensorSchema(tensor, facts));
  return all.length === 1 ? (all[0] as Schema) : { oneOf: all };
}

const TENSOR_METADATA = {
  type: 'object',
  required: ['name', 'datatype', 'shape'],
  properties: {
    name: { type: 'string' },
    datatype: { type: 'string' },
    shape: { type: 'array', items: { type: 'integer' } },
  },
} as const;

const FIXED_SCHEMAS: Readonly<Record<string, Schema>> = {
  AnyObject: { type: 'object', additionalProperties: true },
  Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
  TensorParameters: {
    type: 'object',
    description: 'binary_data_size: bytes of this tensor behind the JSON header; binary_data: answer in binary.',
    properties: { binary_data_size: { type: 'integer', minimum: 0 }, binary_data: { type: 'boolean' } },
    additionalProperties: true,
  },
  ServerMetadata: {
    type: 'object',
    required: ['name', 'version', 'extensions'],
    properties: {
      name: { type: 'string' },
      version: { type: 'string' },
      extensions: { type: 'array', items: { type: 'string' } },
    },
  },
  ModelMetadata: {
    type: 'object',
    required: ['name', 'platform', 'inputs', 'outputs'],
    properties: {
      name: { type: 'string' },
      versions: { type: 'array', items: { type: 'string' } },
      platform: { type: 'string' },
      inputs: { type: 'array', items: TENSOR_METADATA },
      outputs: { type: 'array', items: TENSOR_METADATA },
    },
  },
};
