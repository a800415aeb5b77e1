/**
 * The request of the chart's inference test: a JSON header with what is small, and zeros behind it for what is large.
 * Zeros are a number of every datatype, and four of them are an empty string, so a count of bytes says it all.
 */
import { exampleRequest } from '../example-request.ts';
import type { ServiceFacts } from '../service-facts.ts';

export interface TestRequest {
  /** One line of JSON. */
  readonly header: string;
  /** Bytes of zero that follow the header. */
  readonly zeroBytes: number;
}

export function testRequest(facts: ServiceFacts): TestRequest {
  const { json, tailBytes } = exampleRequest(facts, 'helm-test');
  const { id, inputs, parameters } = json;
  // Half floats have no form in JSON.
  const header = { id, inputs, parameters: { ...parameters, binary_data_output: true } };
  return { header: JSON.stringify(header), zeroBytes: tailBytes };
}
