/**
 * What can come back, success aside. Triton maps its status codes to HTTP so: NOT_FOUND 404, INTERNAL 500, UNSUPPORTED
 * 501, UNAVAILABLE 503, everything else 400, "not ready" included (docs/protocol/README.md of the server).
 */
import { protocolType } from '../../runtime/triton/types.ts';
import { exampleRequest } from '../example-request.ts';
import { servedTensors } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { reference, type Schema } from './schemas.ts';

/** Of a version that no service has. */
export const UNKNOWN_VERSION = 999;

export function errorResponses(facts: ServiceFacts): Record<string, Schema> {
  const { id } = exampleRequest(facts).json;
  return {
    NotReady: failure('Not ready. Triton answers 400 here, where other servers answer 503.', {
      notReady: 'Model version not ready',
    }),
    BadRequest: failure('A tensor has a wrong name, datatype or shape, or the JSON cannot be read.', {
      wrongDatatype: wrongDatatypeMessage(facts, id),
    }),
    NotFound: failure('No such model or version.', {
      unknownVersion: `Request for unknown model: '${facts.name}' version ${UNKNOWN_VERSION} is not found`,
    }),
    Failed: failure('The model failed on these values.', {
      runtime: 'onnx runtime error 1: Non-zero status code returned while running a node.',
    }),
    Unsupported: failure('Asks for something that this server does not do, e.g. shared memory.', {
      contentEncoding: 'Unsupported Content-Encoding: br',
    }),
    Unavailable: failure('The queue is full, the request waited for too long, or the server is stopping: try again.', {
      queueFull: `[request id: ${id}] Exceeds maximum queue size`,
      waitedTooLong: `[request id: ${id}] Request timeout expired`,
    }),
  };
}

/** The answer to the example with the datatype of its first input changed, see `otherDatatype`. */
function wrongDatatypeMessage(facts: ServiceFacts, id: string): string {
  const [input] = servedTensors(facts, 'inputs');
  const datatype = protocolType(input?.dataType ?? '');
  const what = `inference input '${input?.name}' data-type is '${otherDatatype(datatype)}'`;
  return `[request id: ${id}] ${what}, but model '${facts.name}' expects '${datatype}'`;
}

export function otherDatatype(datatype: string): string {
  return datatype === 'INT8' ? 'UINT8' : 'INT8';
}

function failure(description: string, messages: Readonly<Record<string, string>>): Schema {
  const examples = Object.fromEntries(
    Object.entries(messages).map(([key, message]) => [key, { value: { error: message } }]),
  );
  return { description, content: { 'application/json': { schema: reference('schemas', 'Error'), examples } } };
}
