/** The sample request as the V2 protocol has it: the JSON, the bytes behind it, and the shell command that sends both. */
import { serverUrl } from './layout.ts';
import { MAX_SHOWN_ELEMENTS, type SampleTensor, sampleInputs } from './sample-request.ts';
import { exampleSequence, type SequenceParameters, servedTensors } from './served-tensors.ts';
import type { ServiceFacts } from './service-facts.ts';

export interface ExampleRequest {
  readonly json: ExampleJson;
  /** Zeros that follow the JSON; 0: all of it is JSON. */
  readonly tailBytes: number;
  /** An output that JSON cannot carry comes back as bytes. */
  readonly hasBinaryAnswer: boolean;
}

interface ExampleJson {
  readonly id: string;
  readonly parameters?: SequenceParameters;
  readonly inputs: readonly ExampleInput[];
  readonly outputs: readonly { readonly name: string; readonly parameters?: { readonly binary_data: true } }[];
}

interface ExampleInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly (number | boolean | string)[];
  readonly parameters?: { readonly binary_data_size: number };
}

/** Batch 1, every open dimension small. Its values only show the form. */
export function exampleRequest(facts: ServiceFacts, id = 'example-1'): ExampleRequest {
  const sequence = exampleSequence(facts);
  const samples = sampleInputs(facts);
  const binary = samples.filter(isBinary);
  const outputs = servedTensors(facts, 'outputs').map(({ name, dataType }) =>
    hasNoJson(dataType) ? { name, parameters: { binary_data: true as const } } : { name },
  );
  return {
    json: { id, ...(sequence === null ? {} : { parameters: sequence }), inputs: samples.map(exampleInput), outputs },
    tailBytes: binary.reduce((sum, sample) => sum + sizeBytes(sample), 0),
    hasBinaryAnswer: outputs.some((output) => 'parameters' in output),
  };
}

function exampleInput(sample: SampleTensor): ExampleInput {
  const { name, datatype, shape, count, value } = sample;
  const head = { name, datatype, shape };
  if (isBinary(sample)) return { ...head, parameters: { binary_data_size: sizeBytes(sample) } };
  return { ...head, data: new Array<number | boolean | string>(count).fill(value) };
}

function isBinary({ json, count }: SampleTensor): boolean {
  return json === null || count > MAX_SHOWN_ELEMENTS;
}

function sizeBytes({ element, count }: SampleTensor): number {
  return element.length * count;
}

/** The protocol writes half floats nowhere as numbers. */
function hasNoJson(dataType: string): boolean {
  return dataType === 'float16' || dataType === 'bfloat16';
}

/** Sends the example; prints the beginning of the answer. Names reach the shell in a here-document that it does not read. */
export function curlInfer(facts: ServiceFacts): string {
  const { json, tailBytes, hasBinaryAnswer } = exampleRequest(facts);
  const text = JSON.stringify(json);
  const url = `${serverUrl(facts)}/v2/models/${facts.name}/infer`;
  const show = hasBinaryAnswer ? '--output answer.bin' : '| cut -c 1-500';
  if (tailBytes === 0) {
    return [
      `curl --fail-with-body --silent --show-error ${url} \\`,
      `  --header 'Content-Type: application/json' --data-binary @- <<'END' ${show}`,
      text,
      'END',
    ].join('\n');
  }
  const size = new TextEncoder().encode(text).length;
  return [
    `{ tr -d '\\n' && head -c ${tailBytes} /dev/zero; } <<'END' |`,
    text,
    'END',
    `curl --fail-with-body --silent --show-error ${url} \\`,
    `  --header 'Content-Type: application/octet-stream' --header 'Inference-Header-Content-Length: ${size}' \\`,
    `  --data-binary @- ${show}`,
  ].join('\n');
}
