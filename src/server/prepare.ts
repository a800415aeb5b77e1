/** Holds a request against the signature of the model, in the order and in the words of Triton's core. */
import type { Feeds } from '../runtime/feeds.ts';
import type { InputPlace } from './decode-strings.ts';
import { decodeBinary, decodeJson } from './decode-tensor.ts';
import type { InferInput, InferRequest, RequestedOutput } from './infer-request.ts';
import { invalid } from './protocol-error.ts';
import type { Signature, TensorSpec } from './signature.ts';
import { V2_TYPES } from './v2-types.ts';

export interface PreparedRequest {
  readonly feeds: Feeds;
  /** In the order of the model. */
  readonly outputs: readonly (RequestedOutput & { readonly spec: TensorSpec })[];
  /** 0 for a model without batching. */
  readonly batchSize: number;
}

export interface ModelRules extends Signature {
  readonly name: string;
  readonly maxBatchSize: number;
}

/** @throws ProtocolError 400 */
export function prepareRequest(request: InferRequest, model: ModelRules): PreparedRequest {
  const prefix = `[request id: ${request.id || '<id_unknown>'}] `;
  const inputs = request.raw === undefined ? request.inputs : [rawInput(request.raw, model, prefix)];
  const outputs = chooseOutputs(request, model);
  checkCount(inputs, model, prefix);
  const specs = inputs.map((input) => specOf(input, model));
  const batchSize = model.maxBatchSize === 0 ? 0 : batchSizeOf(inputs, model, prefix);
  const feeds = inputs.map((input, index) => [input.name, tensorOf(input, specs[index] as TensorSpec, model, prefix)]);
  return { feeds: Object.fromEntries(feeds) as Feeds, outputs, batchSize };
}

function chooseOutputs(request: InferRequest, model: ModelRules): PreparedRequest['outputs'] {
  const wanted = request.outputs ?? model.outputs.map(({ name }) => all(name, request.isBinaryByDefault));
  for (const { name } of wanted) {
    if (model.outputs.some((spec) => spec.name === name)) continue;
    throw invalid(`unexpected inference output '${name}' for model '${model.name}'`);
  }
  return model.outputs.flatMap((spec) => {
    const output = wanted.find(({ name }) => name === spec.name);
    if (output === undefined) return [];
    checkOutput(output, spec);
    return [{ ...output, spec }];
  });
}

function all(name: string, isBinary: boolean): RequestedOutput {
  return { name, isBinary, classCount: 0 };
}

/** What cannot be sent is refused before it is computed. */
function checkOutput(output: RequestedOutput, { type }: TensorSpec): void {
  const isHalf = type === 'FP16' || type === 'BF16';
  if (output.classCount > 0 && (isHalf || type === 'BOOL' || type === 'BYTES')) {
    throw invalid(`class result not available for output due to unsupported type '${type}'`);
  }
  if (isHalf && !output.isBinary) {
    throw invalid(`sending ${type} data via JSON is not supported. Please use the binary data format for output`);
  }
}

function checkCount(inputs: readonly InferInput[], model: ModelRules, prefix: string): void {
  if (inputs.length === model.inputs.length) return;
  const quoted = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(',')}]`;
  const given = inputs.map(({ name }) => name);
  const missing = model.inputs.map(({ name }) => name).filter((name) => !given.includes(name));
  throw invalid(
    `${prefix}expected ${model.inputs.length} inputs but got ${inputs.length} inputs for model '${model.name}'. ` +
      `Got input(s) ${quoted(given)}, but missing required input(s) ${quoted(missing)}. ` +
      'Please provide all required input(s).',
  );
}

function specOf(input: InferInput, model: ModelRules): TensorSpec {
  const spec = model.inputs.find(({ name }) => name === input.name);
  if (spec === undefined) throw invalid(`unexpected inference input '${input.name}' for model '${model.name}'`);
  return spec;
}

function batchSizeOf(inputs: readonly InferInput[], model: ModelRules, prefix: string): number {
  let batchSize: number | undefined;
  for (const { name, shape } of inputs) {
    const first = shape[0];
    if (first === undefined) {
      throw invalid(`${prefix}input '${name}' has no shape but model requires batch dimension for '${model.name}'`);
    }
    if (batchSize !== undefined && first !== batchSize) {
      throw invalid(`${prefix}input '${name}' batch size does not match other inputs for '${model.name}'`);
    }
    batchSize = first;
  }
  if ((batchSize ?? 0) > model.maxBatchSize) {
    throw invalid(`${prefix}inference request batch-size must be <= ${model.maxBatchSize} for '${model.name}'`);
  }
  return batchSize ?? 0;
}

function tensorOf(input: InferInput, spec: TensorSpec, model: ModelRules, prefix: string): Feeds[string] {
  const place: InputPlace = { input: input.name, model: model.name, prefix };
  if (input.type !== spec.type) {
    const what = `inference input '${input.name}' data-type is '${input.type}'`;
    throw invalid(`${prefix}${what}, but model '${model.name}' expects '${spec.type}'`);
  }
  checkShape(input, spec, model, prefix);
  const dims = spec.isReshaped ? input.shape.slice(0, -1) : input.shape;
  return 'json' in input.data
    ? decodeJson(input.data.json, input.type, dims, place)
    : decodeBinary(input.data.bytes, input.type, dims, place);
}

const BATCH_NOTE =
  'NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be prepended to each ' +
  'input shape. If you want to specify the full shape including the batch dim in your input dims config, try setting ' +
  'max_batch_size to zero. See the model configuration docs for more info on max_batch_size.';

function checkShape({ name, shape }: InferInput, spec: TensorSpec, model: ModelRules, prefix: string): void {
  if (shape.some((dim) => dim < 0)) {
    const what = `All input dimensions should be specified for input '${name}' for model '${model.name}'`;
    throw invalid(`${prefix}${what}, got [${shape}]`);
  }
  const expected = spec.shape;
  const fits =
    expected === null ||
    (spec.isReshaped && expected.length === 1 && shape.length === 0) ||
    (shape.length === expected.length && expected.every((dim, axis) => dim === -1 || dim === shape[axis]));
  if (fits) return;
  // Triton writes the space after the full stop with or without the note.
  const note = model.maxBatchSize > 0 ? BATCH_NOTE : '';
  const what = `unexpected shape for input '${name}' for model '${model.name}'`;
  throw invalid(`${prefix}${what}. Expected [${expected}], got [${shape}]. ${note}`);
}

/** A body without JSON: name, type and shape come from the model, whose batch is 1. */
function rawInput(bytes: Buffer, model: ModelRules, prefix: string): InferInput {
  const [spec, ...others] = model.inputs;
  if (spec === undefined || others.length > 0) {
    const what = 'Raw request must only have 1 input (found 1) to be deduced but got';
    throw invalid(`${prefix}${what} ${model.inputs.length} inputs in '${model.name}' model configuration`);
  }
  const isBatched = model.maxBatchSize > 0;
  const dims = (spec.shape ?? [-1]).slice(isBatched ? 1 : 0);
  if (dims.filter((dim) => dim === -1).length > 1) {
    const what = `The shape of the raw input '${spec.name}' can not be deduced`;
    throw invalid(`${prefix}${what} because there are more than one variable-sized dimension`);
  }
  const fixed = dims.reduce((product, dim) => product * (dim === -1 ? 1 : dim), 1);
  const { sizeBytes } = V2_TYPES[spec.type];
  if (sizeBytes === null && (dims.includes(-1) || fixed !== 1)) {
    throw invalid(`${prefix}For BYTE datatype raw input '${spec.name}', the model must have input shape [1]`);
  }
  const deduced = Math.floor(bytes.length / Math.max(1, fixed * (sizeBytes ?? 1)));
  const shape = dims.map((dim) => (dim === -1 ? deduced : dim));
  const data = sizeBytes === null ? Buffer.concat([uint32(bytes.length), bytes]) : bytes;
  return { name: spec.name, type: spec.type, shape: isBatched ? [1, ...shape] : shape, data: { bytes: data } };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
