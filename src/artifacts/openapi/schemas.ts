/** JSON Schemas of tensors in V2 requests and answers, and an example of a request. */
import { byteLengthOf, DATA_TYPES, type DataType } from '../../onnx/data-type.ts';
import { tritonType } from '../../runtime/triton/types.ts';
import { batching } from '../batching.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { requestShape } from '../tensors.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** Larger inputs are shown in binary form: numbers as text would be megabytes of zeros. */
const MAX_EXAMPLE_ELEMENTS = 64;

/** One tensor of this model: name and datatype are fixed, the shape as far as the model fixes it. */
export function tensorSchema(tensor: TensorFacts, facts: ServiceFacts): Schema {
  const { protocol, json } = typeOf(tensor);
  const data = json === null ? {} : { data: { $ref: `#/components/schemas/Data_${json}` } };
  return {
    type: 'object',
    description:
      json === null ? `${protocol} has no form in JSON; send and read it as binary data.` : `A tensor of ${protocol}.`,
    required: ['name', 'datatype', 'shape'],
    properties: {
      name: { const: tensor.name },
      datatype: { const: protocol },
      shape: shapeSchema(tensor, facts),
      parameters: { $ref: '#/components/schemas/TensorParameters' },
      ...data,
    },
  };
}

function typeOf(tensor: TensorFacts) {
  return tritonType(tensor.dataType) ?? { protocol: 'INVALID', json: null };
}

function shapeSchema(tensor: TensorFacts, facts: ServiceFacts): Schema {
  if (tensor.shape === null) return { type: 'array', items: { type: 'integer', minimum: 1 } };
  const { maxBatchSize } = batching(facts);
  const sizes = requestShape(tensor, maxBatchSize > 0);
  const prefixItems = sizes.map((size, index) => {
    if (size >= 0) return { const: size };
    return { type: 'integer', minimum: 1, ...(index === 0 && maxBatchSize > 0 ? { maximum: maxBatchSize } : {}) };
  });
  return { type: 'array', prefixItems, items: false, minItems: sizes.length, maxItems: sizes.length };
}

/** Schemas of flat or nested lists of elements. */
export function dataSchemas(): Record<string, Schema> {
  return Object.fromEntries(
    ['number', 'integer', 'boolean', 'string'].map((type) => [
      `Data_${type}`,
      {
        type: 'array',
        description: 'Elements in row-major order, flat or nested by dimension.',
        items: { anyOf: [{ type }, { $ref: `#/components/schemas/Data_${type}` }] },
      },
    ]),
  );
}

const ZEROS = { number: 0, integer: 0, boolean: false, string: 'text' } as const;

/** A request of batch 1 with every open dimension 1. Its values only show the form. */
export function exampleRequest(facts: ServiceFacts): Schema {
  const isBatched = batching(facts).maxBatchSize > 0;
  return {
    id: 'example-1',
    inputs: facts.model.inputs.map((input) => {
      const shape = requestShape(input, isBatched).map((size) => (size < 0 ? 1 : size));
      const count = shape.reduce((product, size) => product * size, 1);
      const { protocol, json } = typeOf(input);
      return {
        name: input.name,
        datatype: protocol,
        shape,
        ...(json !== null && count <= MAX_EXAMPLE_ELEMENTS
          ? { data: new Array(count).fill(ZEROS[json]) }
          : { parameters: { binary_data_size: binarySize(input, count) } }),
      };
    }),
    outputs: facts.model.outputs.map(({ name }) => ({ name })),
  };
}

/** Each string is four bytes of length and its own bytes; the example has empty ones. */
function binarySize(input: TensorFacts, count: number): number {
  const bytes = input.dataType in DATA_TYPES ? byteLengthOf(input.dataType as DataType, count) : null;
  return bytes ?? 4 * count;
}

export function needsBinary(request: Schema): boolean {
  return JSON.stringify(request).includes('binary_data_size');
}
