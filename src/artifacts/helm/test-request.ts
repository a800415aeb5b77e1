/**
 * The request of the chart's inference test: a JSON header with what is small, and zeros behind it for what is large.
 * Zeros are a number of every datatype, and four of them are an empty string, so a count of bytes says it all.
 */
import { type SampleTensor, sampleInputs } from '../sample-request.ts';
import { exampleSequence } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';

/** Larger inputs are zeros behind the header. */
const MAX_WRITTEN_ELEMENTS = 64;

export interface TestRequest {
  /** One line of JSON. */
  readonly header: string;
  /** Bytes of zero that follow the header. */
  readonly zeroBytes: number;
}

export function testRequest(facts: ServiceFacts): TestRequest {
  const tensors = sampleInputs(facts).map((tensor) => ({ ...tensor, zeroBytes: zeroBytes(tensor) }));
  const header = {
    id: 'helm-test',
    inputs: tensors.map(({ name, datatype, shape, value, count, zeroBytes: size }) => ({
      name,
      datatype,
      shape,
      ...(size === null ? { data: new Array(count).fill(value) } : { parameters: { binary_data_size: size } }),
    })),
    // Half floats have no form in JSON.
    parameters: { ...exampleSequence(facts), binary_data_output: true },
  };
  return {
    header: JSON.stringify(header),
    zeroBytes: tensors.reduce((sum, tensor) => sum + (tensor.zeroBytes ?? 0), 0),
  };
}

/** Null where the values are written out. */
function zeroBytes({ json, count, element }: SampleTensor): number | null {
  if (json !== null && count <= MAX_WRITTEN_ELEMENTS) return null;
  return json === 'string' ? 4 * count : element.length * count;
}
