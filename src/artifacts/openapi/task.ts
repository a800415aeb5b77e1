/**
 * The task endpoint: an ensemble beside the model that prepares images or texts and then runs it. Its tensors are its
 * own, so that the document names the way to ask for them instead of guessing.
 */
import { ensembleName } from '../layout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { reference, type Schema } from './schemas.ts';

/** Empty for a model that takes raw tensors. */
export function taskPaths(facts: ServiceFacts): Schema {
  if (facts.preprocessing === null) return {};
  const name = ensembleName(facts);
  const url = `/v2/models/${name}`;
  const failures = { '404': reference('responses', 'NotFound'), '503': reference('responses', 'Unavailable') };
  return {
    [url]: {
      get: {
        operationId: 'taskMetadata',
        tags: ['task'],
        summary: `What ${name} takes and gives`,
        responses: { '200': success('ModelMetadata'), ...failures },
      },
    },
    [`${url}/ready`]: {
      get: {
        operationId: 'taskReady',
        tags: ['health'],
        summary: `Whether ${name} is ready`,
        responses: { '200': { description: 'Ready' }, '400': reference('responses', 'NotReady') },
      },
    },
    [`${url}/infer`]: { post: inferTask(facts, name, failures) },
  };
}

function inferTask(facts: ServiceFacts, name: string, failures: Schema): Schema {
  const schema = reference('schemas', 'AnyInferRequest');
  return {
    operationId: 'inferTask',
    tags: ['task'],
    summary: `Prepare ${facts.preprocessing?.kind === 'text' ? 'texts' : 'images'} and run ${facts.name} on them`,
    description: `Where the repository has the ensemble ${name}, else 404. GET /v2/models/${name} tells its tensors.`,
    parameters: [reference('parameters', 'HeaderLength')],
    requestBody: {
      required: true,
      content: { 'application/json': { schema }, 'application/octet-stream': { schema } },
    },
    responses: {
      '200': success('AnyInferResponse'),
      '400': reference('responses', 'BadRequest'),
      '500': reference('responses', 'Failed'),
      ...failures,
    },
  };
}

function success(schema: string): Schema {
  return { description: 'Success', content: { 'application/json': { schema: reference('schemas', schema) } } };
}

export function taskTags(facts: ServiceFacts): Schema[] {
  if (facts.preprocessing === null) return [];
  return [{ name: 'task', description: 'Running the model on what people have: images or texts.' }];
}

export function taskSchemas(facts: ServiceFacts): Record<string, Schema> {
  if (facts.preprocessing === null) return {};
  const list = { type: 'array', items: reference('schemas', 'AnyTensor') };
  return {
    AnyTensor: {
      type: 'object',
      required: ['name', 'datatype', 'shape'],
      properties: {
        name: { type: 'string' },
        datatype: { type: 'string' },
        shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
        parameters: reference('schemas', 'TensorParameters'),
        data: { type: 'array' },
      },
    },
    AnyInferRequest: {
      type: 'object',
      required: ['inputs'],
      properties: { id: { type: 'string' }, parameters: reference('schemas', 'RequestParameters'), inputs: list },
    },
    AnyInferResponse: {
      type: 'object',
      required: ['model_name', 'outputs'],
      properties: { id: { type: 'string' }, model_name: { type: 'string' }, outputs: list },
    },
  };
}
