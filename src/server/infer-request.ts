/** An inference request as it came: JSON header, binary tensors behind it, nothing checked against the model yet. */
import { booleanOf, integerOf, isObject, listOf, member, objectOf, stringOf, unsignedOf } from './json-access.ts';
import { invalid, ProtocolError } from './protocol-error.ts';
import { type Json, type JsonObject, parseRequestJson } from './request-json.ts';
import { isV2Type, type V2Type } from './v2-types.ts';

export interface InferInput {
  readonly name: string;
  readonly type: V2Type;
  readonly shape: readonly number[];
  /** Nested or flat JSON, or bytes as they lay behind the JSON header. */
  readonly data: { readonly json: readonly Json[] } | { readonly bytes: Buffer };
}

export interface RequestedOutput {
  readonly name: string;
  readonly isBinary: boolean;
  /** Classification extension: how many classes; 0 asks for the tensor itself. */
  readonly classCount: number;
}

export interface InferRequest {
  /** Empty when the client gave none. */
  readonly id: string;
  readonly inputs: readonly InferInput[];
  /** Undefined: all outputs of the model. */
  readonly outputs?: readonly RequestedOutput[];
  /** For outputs that were not asked for one by one. */
  readonly isBinaryByDefault: boolean;
  /** A request without JSON: the whole body is the data of the only input. */
  readonly raw?: Buffer;
}

/**
 * @param headerSizeBytes of `Inference-Header-Content-Length`: 0 for a raw request, undefined when the body is all JSON
 * @throws ProtocolError 400, or 501 for shared memory
 */
export function parseInferRequest(body: Buffer, headerSizeBytes: number | undefined, model: string): InferRequest {
  if (headerSizeBytes === 0) return { id: '', inputs: [], isBinaryByDefault: true, raw: body };
  const end = headerSizeBytes ?? body.length;
  const json = parseRequestJson(body.subarray(0, end));
  if (!isObject(json)) throw invalid('failed to parse the request JSON buffer: it is not an object');
  const parameters = parametersOf(json);
  checkParameters(parameters);
  const isBinaryByDefault = optional(parameters, 'binary_data_output', booleanOf) ?? false;
  const inputs = parseInputs(json, new Tail(body.subarray(end), model));
  const outputs = optional(json, 'outputs', listOf)?.map((item) => parseOutput(item, isBinaryByDefault));
  return {
    id: optional(json, 'id', stringOf) ?? '',
    inputs,
    isBinaryByDefault,
    ...(outputs === undefined || outputs.length === 0 ? {} : { outputs: distinct(outputs) }),
  };
}

/** The binary tensors behind the JSON, taken in the order of the inputs. */
class Tail {
  readonly #bytes: Buffer;
  readonly #model: string;
  #at = 0;

  constructor(bytes: Buffer, model: string) {
    this.#bytes = bytes;
    this.#model = model;
  }

  take(input: string, sizeBytes: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + sizeBytes);
    const missing = sizeBytes - bytes.length;
    if (missing > 0) {
      const what = `unexpected size for input '${input}', expecting ${missing} additional bytes`;
      throw invalid(`${what} for model '${this.#model}'`);
    }
    this.#at += sizeBytes;
    return bytes;
  }

  end(): void {
    if (this.#at === this.#bytes.length) return;
    throw invalid(`unexpected additional input data for model '${this.#model}'`);
  }
}

function parseInputs(json: JsonObject, tail: Tail): InferInput[] {
  const inputs = listOf(member(json, 'inputs'), 'inputs').map((item) => parseInput(objectOf(item, 'inputs'), tail));
  tail.end();
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) throw invalid(`input '${name}' already exists in request`);
    names.add(name);
  }
  return inputs;
}

function parseInput(item: JsonObject, tail: Tail): InferInput {
  const parameters = parametersOf(item);
  checkDataFields(item, parameters);
  const name = stringOf(member(item, 'name'), 'name');
  const type = stringOf(member(item, 'datatype'), 'datatype');
  const shape = listOf(member(item, 'shape'), 'shape').map((dim) => integerOf(dim, 'shape'));
  if (!isV2Type(type)) throw invalid(`invalid datatype for input ${name}`);
  if (Object.hasOwn(parameters, 'shared_memory_region')) throw noSharedMemory();
  const sizeBytes = optional(parameters, 'binary_data_size', unsignedOf);
  const data =
    sizeBytes === undefined ? { json: listOf(member(item, 'data'), 'data') } : { bytes: tail.take(name, sizeBytes) };
  return { name, type, shape, data };
}

/** Exactly one of three places may hold the data. */
function checkDataFields(item: JsonObject, parameters: JsonObject): void {
  const given = [
    ...(Object.hasOwn(item, 'data') ? ["'data'"] : []),
    ...['binary_data_size', 'shared_memory_region']
      .filter((key) => Object.hasOwn(parameters, key))
      .map((key) => `'${key}'`),
  ];
  if (given.length === 1) return;
  const rule =
    "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', " +
    "'shared_memory_region' in 'parameters'.";
  throw invalid(given.length === 0 ? `${rule} But no field is set` : `${rule} But set ${given.join(' ')}`);
}

function parseOutput(value: Json, isBinaryByDefault: boolean): RequestedOutput {
  const item = objectOf(value, 'outputs');
  const parameters = parametersOf(item);
  if (Object.hasOwn(parameters, 'shared_memory_region')) throw noSharedMemory();
  return {
    name: stringOf(member(item, 'name'), 'name'),
    isBinary: optional(parameters, 'binary_data', booleanOf) ?? isBinaryByDefault,
    classCount: optional(parameters, 'classification', unsignedOf) ?? 0,
  };
}

function distinct(outputs: readonly RequestedOutput[]): RequestedOutput[] {
  return outputs.filter((output, index) => outputs.findIndex(({ name }) => name === output.name) === index);
}

/** Parameters of sequences, priority and timeout are taken and have no effect: there is one queue and no sequence. */
function checkParameters(parameters: JsonObject): void {
  for (const [key, value] of Object.entries(parameters)) {
    if (key.startsWith('triton_')) {
      throw invalid(
        "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified.",
      );
    }
    const isScalar = ['string', 'boolean', 'bigint'].includes(typeof value) || Number.isInteger(value);
    if (!isScalar) {
      throw invalid(`parameter '${key}' has invalid type. It should be either 'int', 'bool', or 'string'.`);
    }
  }
}

function parametersOf(item: JsonObject): JsonObject {
  return optional(item, 'parameters', objectOf) ?? {};
}

function optional<T>(object: JsonObject, key: string, read: (value: Json, key: string) => T): T | undefined {
  const value = member(object, key);
  return value === undefined ? undefined : read(value, key);
}

function noSharedMemory(): ProtocolError {
  return new ProtocolError('unsupported', 'shared memory regions are not supported by this server');
}
