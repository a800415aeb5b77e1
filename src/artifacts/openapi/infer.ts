/** The operation that runs the model, with requests that really run. */
import { batching } from '../batching.ts';
import { curlInfer, type ExampleRequest, exampleRequest } from '../example-request.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { reference, type Schema } from './schemas.ts';

const JSON_TYPE = 'application/json';
const BINARY_TYPE = 'application/octet-stream';

/** Hundreds of inputs are shown once and not in each variant. */
const MAX_REPEATED_INPUTS = 20;

const EXTENSION = `Tensors travel as JSON or, smaller and faster, as binary data: the request then begins with the JSON, the header
Inference-Header-Content-Length says how many bytes that is, and the bytes of each input that has binary_data_size in its
parameters follow in the order of the inputs: little-endian, row-major, without padding; BOOL is one byte, an element of
BYTES stands behind its length (4 bytes). Outputs come back so when their parameters say binary_data: true, or those of
the request binary_data_output: true; the answer has the same header and the same sizes. FP16 and BF16 have no other form.
The body may be compressed (Content-Encoding: gzip or deflate).`;

export function inferOperation(facts: ServiceFacts): Schema {
  const example = exampleRequest(facts);
  return {
    ...operation(example),
    operationId: 'infer',
    summary: `Run ${facts.name}`,
    description: `${EXTENSION}\n\n${aboutExample(example)}`,
    requestBody: { required: true, content: requestContent(facts, example) },
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curlInfer(facts) }],
  };
}

/** The same without examples: those of 300 tensors are long enough once. */
export function inferOfVersion(facts: ServiceFacts): Schema {
  const schema = reference('schemas', 'InferRequest');
  return {
    ...operation(exampleRequest(facts)),
    operationId: 'inferOfVersion',
    summary: `Run one version of ${facts.name}`,
    requestBody: { required: true, content: { [JSON_TYPE]: { schema }, [BINARY_TYPE]: { schema } } },
  };
}

function operation(example: ExampleRequest): Schema {
  return {
    tags: ['inference'],
    parameters: [reference('parameters', 'HeaderLength')],
    responses: {
      '200': success(example),
      '400': reference('responses', 'BadRequest'),
      '404': reference('responses', 'NotFound'),
      '500': reference('responses', 'Failed'),
      '501': reference('responses', 'Unsupported'),
      '503': reference('responses', 'Unavailable'),
    },
  };
}

function aboutExample({ tailBytes }: ExampleRequest): string {
  const values = 'Values of the examples only show the form.';
  return tailBytes === 0
    ? values
    : `The example is the JSON of a binary request: ${tailBytes} bytes follow it, all of them 0 for a first try. ${values}`;
}

function requestContent(facts: ServiceFacts, example: ExampleRequest): Schema {
  const schema = reference('schemas', 'InferRequest');
  const content = { schema, examples: requestExamples(facts, example) };
  // An example that needs bytes behind it is none of JSON.
  return example.tailBytes === 0
    ? { [JSON_TYPE]: content, [BINARY_TYPE]: { schema } }
    : { [BINARY_TYPE]: content, [JSON_TYPE]: { schema } };
}

function requestExamples(facts: ServiceFacts, { json, tailBytes }: ExampleRequest): Schema {
  const [first] = json.outputs;
  const whole = { summary: 'All inputs and outputs', value: json };
  if (json.inputs.length > MAX_REPEATED_INPUTS) return { whole };
  const examples: Record<string, Schema> = {
    whole,
    oneOutput: { summary: 'One output only', value: { ...json, outputs: first === undefined ? [] : [first] } },
    binaryAnswer: {
      summary: 'Outputs as binary data',
      value: { id: json.id, parameters: { ...json.parameters, binary_data_output: true }, inputs: json.inputs },
    },
  };
  if (tailBytes === 0 && batching(facts).maxBatchSize > 1) {
    const inputs = json.inputs.map((input) => ({
      ...input,
      shape: [2, ...input.shape.slice(1)],
      data: [...(input.data ?? []), ...(input.data ?? [])],
    }));
    examples.batch = { summary: 'A batch of two', value: { ...json, inputs } };
  }
  return examples;
}

function success({ hasBinaryAnswer }: ExampleRequest): Schema {
  const schema = reference('schemas', 'InferResponse');
  const binary = { schema: { description: 'JSON (InferResponse) and the bytes of the outputs behind it.' } };
  return {
    description: 'The outputs',
    headers: {
      'Inference-Header-Content-Length': {
        description: 'Bytes of the JSON; absent when all of the answer is JSON.',
        schema: { type: 'integer', minimum: 0 },
      },
    },
    content: hasBinaryAnswer ? { [BINARY_TYPE]: binary } : { [JSON_TYPE]: { schema }, [BINARY_TYPE]: binary },
  };
}
