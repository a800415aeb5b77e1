/** JSON Schemas of tensors in V2 requests and answers. */
import { tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import { servedTensors } from '../served-tensors.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { requestShape } from '../tensors.ts';

export type Schema = Readonly<Record<string, unknown>>;

export function reference(kind: 'schemas' | 'responses' | 'parameters', name: string): Schema {
  return { $ref: `#/components/${kind}/${name}` };
}

/** One tensor of this model: name and datatype are fixed, the shape as far as the model fixes it. */
export function tensorSchema(tensor: TensorFacts, facts: ServiceFacts): Schema {
  const { protocol, json } = tritonType(tensor.dataType) ?? { protocol: 'INVALID', json: null };
  const data = json === null ? {} : { data: reference('schemas', `Data_${json}`) };
  return {
    type: 'object',
    description:
      json === null ? `${protocol} has no form in JSON; send and read it as binary data.` : `A tensor of ${protocol}.`,
    required: ['name', 'datatype', 'shape'],
    properties: {
      name: { const: tensor.name },
      datatype: { const: protocol },
      shape: shapeSchema(tensor, facts),
      parameters: reference('schemas', 'TensorParameters'),
      ...data,
    },
  };
}

function shapeSchema(tensor: TensorFacts, facts: ServiceFacts): Schema {
  if (tensor.shape === null) return { type: 'array', items: { type: 'integer', minimum: 0 } };
  const { maxBatchSize } = batching(facts);
  const sizes = requestShape(tensor, maxBatchSize > 0);
  const prefixItems = sizes.map((size, index) => {
    if (size >= 0) return { const: size };
    const isBatch = index === 0 && maxBatchSize > 0;
    return { type: 'integer', minimum: isBatch ? 1 : 0, ...(isBatch ? { maximum: maxBatchSize } : {}) };
  });
  return { type: 'array', prefixItems, items: false, minItems: sizes.length, maxItems: sizes.length };
}

export function requestSchemas(facts: ServiceFacts): Record<string, Schema> {
  const [inputs, outputs] = [servedTensors(facts, 'inputs'), servedTensors(facts, 'outputs')];
  return {
    InferRequest: {
      type: 'object',
      required: ['inputs'],
      properties: {
        id: { type: 'string', description: 'Comes back with the answer, and stands in messages and traces.' },
        parameters: reference('schemas', 'RequestParameters'),
        inputs: { type: 'array', minItems: inputs.length, maxItems: inputs.length, items: oneOf(inputs, facts) },
        outputs: {
          type: 'array',
          description: 'Which outputs to send back; all where this is absent.',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { enum: outputs.map(({ name }) => name) },
              parameters: reference('schemas', 'TensorParameters'),
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
    shape: { type: 'array', items: { type: 'integer' }, description: '-1: any size.' },
  },
} as const;

const COUNT = { type: 'integer', minimum: 0 } as const;

/** The same for every model. */
export const FIXED_SCHEMAS: Readonly<Record<string, Schema>> = {
  AnyObject: { type: 'object', additionalProperties: true },
  Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
  RequestParameters: {
    type: 'object',
    properties: {
      binary_data_output: { type: 'boolean', description: 'All outputs as binary data, unless one says otherwise.' },
      priority: { ...COUNT, description: '0: the default; 1: the highest.' },
      timeout: { ...COUNT, description: 'Microseconds that the request may wait in the queue.' },
      sequence_id: { type: ['integer', 'string'] },
      sequence_start: { type: 'boolean' },
      sequence_end: { type: 'boolean' },
    },
    additionalProperties: { type: ['integer', 'string', 'boolean'] },
  },
  TensorParameters: {
    type: 'object',
    properties: {
      binary_data_size: { ...COUNT, description: 'Bytes of this tensor behind the JSON, in the order of the tensors.' },
      binary_data: { type: 'boolean', description: 'Of an output: send it as binary data.' },
      classification: { type: 'integer', minimum: 1, description: 'Of an output: the best so many as value:index.' },
    },
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
  ModelConfig: {
    type: 'object',
    required: ['name', 'max_batch_size', 'input', 'output'],
    description: 'ModelConfig of model_config.proto as JSON.',
    properties: {
      name: { type: 'string' },
      platform: { type: 'string' },
      backend: { type: 'string' },
      max_batch_size: COUNT,
      input: { type: 'array', items: reference('schemas', 'AnyObject') },
      output: { type: 'array', items: reference('schemas', 'AnyObject') },
    },
    additionalProperties: true,
  },
  ModelStatistics: {
    type: 'object',
    required: ['model_stats'],
    properties: {
      model_stats: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'version', 'inference_count', 'execution_count'],
          properties: {
            name: { type: 'string' },
            version: { type: 'string' },
            last_inference: { ...COUNT, description: 'Milliseconds since 1970.' },
            inference_count: COUNT,
            execution_count: { ...COUNT, description: 'Fewer than inferences where requests were joined to batches.' },
            inference_stats: {
              type: 'object',
              description: 'Per stage: count, and ns in all.',
              additionalProperties: {
                type: 'object',
                properties: { count: COUNT, ns: COUNT },
                additionalProperties: true,
              },
            },
          },
          additionalProperties: true,
        },
      },
    },
  },
  RepositoryIndex: {
    type: 'array',
    items: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        version: { type: 'string' },
        state: { type: 'string' },
        reason: { type: 'string' },
      },
    },
  },
  ...Object.fromEntries(
    ['number', 'integer', 'boolean', 'string'].map((type) => [
      `Data_${type}`,
      {
        type: 'array',
        description: 'Elements in row-major order, flat or nested by dimension.',
        items: { anyOf: [{ type }, reference('schemas', `Data_${type}`)] },
      },
    ]),
  ),
};
