/**
 * Client of the model no over the Open Inference Protocol V2, as Triton and `nimify serve` speak it.
 * Needs nothing but fetch: Node 20 and later, Deno, Bun, browsers.
 *
 *   const client = new Client({ url: 'http://localhost:9000' });
 *   const { outputs } = await client.infer(exampleInputs());
 *
 * Values are flat, in row-major order. Types: INT64 and UINT64 are BigInt arrays, BOOL is 0 or 1 in a Uint8Array, BYTES
 * are strings (UTF-8), FP16 and BF16 are their 16 bits in a Uint16Array (toFloat16, fromFloat16, toBfloat16 and
 * fromBfloat16 convert). Tensors travel as binary data; `encoding: 'json'` is slower and for reading along, and half
 * floats stay binary there because the protocol has no other form for them.
 */

export const MODEL = "no";
export const DEFAULT_URL = "http://localhost:9000";

/** What the model takes, by name of the tensor. */
export interface Inputs {
  readonly "input_ids": InputTensor<BigInt64Array>;
  readonly "title \"quoted\"": InputTensor<readonly string[]>;
}

/** What the model gives, by name of the tensor. */
export interface Outputs {
  readonly "logits": OutputTensor<Float32Array>;
  readonly "score": OutputTensor<Float32Array>;
}

/** Values alone where the shape follows from the model and their number, else values with their shape. */
export type InputTensor<V> = V | { readonly data: V; readonly shape: readonly number[] };

export interface OutputTensor<V> {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: V;
}

type Values =
  | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array
  | Float32Array | Float64Array | readonly string[];

interface Spec {
  readonly name: string;
  readonly datatype: string;
  /** -1: any size. Absent: any rank. */
  readonly shape?: readonly number[];
}

interface InputSpec extends Spec {
  readonly sample: readonly number[];
  /** One element of the example as binary data, in hexadecimal digits. */
  readonly element: string;
}

/** Shapes as requests carry them, the batch included. */
const INPUTS: readonly InputSpec[] = [
    { "name": "input_ids", "datatype": "INT64", "shape": [-1, 128], "sample": [1, 128], "element": "0000000000000000" },
    { "name": "title \"quoted\"", "datatype": "BYTES", "shape": [-1, 1], "sample": [1, 1], "element": "0400000074657874" },
];

const OUTPUTS: readonly Spec[] = [
    { "name": "logits", "datatype": "FP32", "shape": [-1, 5] },
    { "name": "score", "datatype": "FP32", "shape": [-1, 1] },
];

/** What the example needs besides its inputs: it is a sequence by itself where the model keeps state. */
export const EXAMPLE_PARAMETERS: Readonly<Record<string, string | number | boolean>> = {};

const ARRAYS: Readonly<Record<string, new (bytes: ArrayBuffer) => Exclude<Values, readonly string[]>>> = {
  BOOL: Uint8Array, UINT8: Uint8Array, INT8: Int8Array, UINT16: Uint16Array, INT16: Int16Array, UINT32: Uint32Array,
  INT32: Int32Array, UINT64: BigUint64Array, INT64: BigInt64Array, FP16: Uint16Array, BF16: Uint16Array,
  FP32: Float32Array, FP64: Float64Array,
};

export interface ClientOptions {
  /** Address of the server, without /v2. */
  readonly url?: string;
  /** Sent with each request, for gateways that want a token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For one call, with all its retries; 30 000 unless given. */
  readonly timeoutMs?: number;
  /** How often a request is sent again after 503 (queue full, server starting or stopping); 3 unless given. */
  readonly retries?: number;
  /** Another fetch, for proxies and tests. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Ends the call; its reason is what the call throws. */
  readonly signal?: AbortSignal;
}

export interface InferOptions<K extends keyof Outputs> extends CallOptions {
  /** Which outputs to send back; all unless given. */
  readonly outputs?: readonly K[];
  readonly encoding?: 'binary' | 'json';
  /** Comes back with the answer, and stands in messages of the server. */
  readonly id?: string;
  /** E.g. priority, timeout (µs), sequence_id, sequence_start, sequence_end. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

export interface InferResult<K extends keyof Outputs> {
  readonly id: string | undefined;
  readonly modelVersion: string | undefined;
  readonly outputs: Pick<Outputs, K>;
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** The server refused or failed; `message` is its own, `status` is that of HTTP: 400 request, 404 model, 503 queue full. */
export class ServerError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ServerError';
    this.status = status;
  }
}

/** No answer within the time, no connection, or an answer that is not of the protocol. */
export class TransportError extends Error {
  readonly kind: 'timeout' | 'network' | 'answer';

  constructor(message: string, kind: TransportError['kind'], cause?: unknown) {
    super(message, { cause });
    this.name = 'TransportError';
    this.kind = kind;
  }
}

export class Client {
  readonly #url: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.#url = (options.url ?? DEFAULT_URL).replace(/\/+$/, '');
    this.#options = options;
  }

  /**
   * Runs the model once.
   * @throws RangeError for values that do not fit the model, before anything is sent
   * @throws ServerError, TransportError; the reason of the signal
   */
  async infer<K extends keyof Outputs = keyof Outputs>(
    inputs: Inputs,
    options: InferOptions<K> = {},
  ): Promise<InferResult<K>> {
    const { body, headerBytes } = encodeRequest(inputs, options);
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (headerBytes !== undefined) {
      headers['content-type'] = 'application/octet-stream';
      headers['inference-header-content-length'] = String(headerBytes);
    }
    const path = `/v2/models/${MODEL}/infer`;
    return this.#call(path, { method: 'POST', headers, body }, options, async (response) => {
      const bytes = await response.arrayBuffer();
      return decodeResponse(bytes, response.headers.get('inference-header-content-length')) as InferResult<K>;
    });
  }

  /** Whether the process answers; false where nobody does. */
  isLive(options: CallOptions = {}): Promise<boolean> {
    return this.#isOk('/v2/health/live', options);
  }

  /** Whether the server takes requests; false where nobody answers. */
  isReady(options: CallOptions = {}): Promise<boolean> {
    return this.#isOk('/v2/health/ready', options);
  }

  /** Whether this model takes requests; false where nobody answers. */
  isModelReady(options: CallOptions = {}): Promise<boolean> {
    return this.#isOk(`/v2/models/${MODEL}/ready`, options);
  }

  /** Asks every 250 ms until the model is ready. @throws TransportError when it is not within the time */
  async waitUntilReady(options: CallOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? 30_000;
    const end = Date.now() + timeoutMs;
    while (!(await this.isModelReady({ ...options, timeoutMs: Math.max(1, Math.min(2_000, end - Date.now())) }))) {
      if (Date.now() >= end) throw new TransportError(`${MODEL} is not ready after ${timeoutMs} ms`, 'timeout');
      await pause(250, options.signal);
    }
  }

  serverMetadata(options: CallOptions = {}): Promise<ServerMetadata> {
    return this.#call('/v2', {}, options, async (response) => (await response.json()) as ServerMetadata);
  }

  modelMetadata(options: CallOptions = {}): Promise<ModelMetadata> {
    const path = `/v2/models/${MODEL}`;
    return this.#call(path, {}, options, async (response) => (await response.json()) as ModelMetadata);
  }

  async #isOk(path: string, options: CallOptions): Promise<boolean> {
    try {
      return await this.#call(path, {}, { timeoutMs: 5_000, ...options }, async () => true, 0);
    } catch (error) {
      if (error instanceof ServerError || error instanceof TransportError) return false;
      throw error;
    }
  }

  async #call<T>(
    path: string,
    init: RequestInit,
    options: CallOptions,
    read: (response: Response) => Promise<T>,
    retries = this.#options.retries ?? 3,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? 30_000;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    const headers = { ...this.#options.headers, ...(init.headers as Record<string, string> | undefined) };
    try {
      const send = this.#options.fetch ?? fetch;
      for (let attempt = 0; ; attempt += 1) {
        const response = await send(this.#url + path, { ...init, headers, signal });
        if (response.ok) return await read(response);
        if (response.status !== 503 || attempt >= retries) throw await serverError(response);
        const wait = retryDelayMs(attempt, response.headers.get('retry-after'));
        await response.arrayBuffer();
        await pause(wait, signal);
      }
    } catch (error) {
      if (error instanceof ServerError || error instanceof TransportError) throw error;
      options.signal?.throwIfAborted();
      if (timeout.aborted) throw new TransportError(`no answer of ${this.#url} within ${timeoutMs} ms`, 'timeout', error);
      throw new TransportError(`no answer of ${this.#url}: ${messageOf(error)}`, 'network', error);
    }
  }
}

/** Inputs of the right shape, mostly zeros: for a first try. Open dimensions have small sizes. */
export function exampleInputs(): Inputs {
  const entries = INPUTS.map(({ name, datatype, sample, element }) => {
    const one = Uint8Array.from(element.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const bytes = new Uint8Array(one.length * product(sample));
    for (let at = 0; at < bytes.length; at += one.length) bytes.set(one, at);
    return [name, { data: fromBytes(datatype, bytes), shape: sample }];
  });
  return Object.fromEntries(entries) as unknown as Inputs;
}

/** The differences between this client and the model that the server has; empty: they fit. */
export function differences(metadata: ModelMetadata): string[] {
  const text = ({ name, datatype, shape }: Spec): string => `${name} ${datatype} [${shape ?? '-1'}]`;
  const compare = (role: string, own: readonly Spec[], given: readonly Spec[]): string[] => {
    const [ours, theirs] = [own.map(text), given.map(text)];
    return [
      ...ours.filter((item) => !theirs.includes(item)).map((item) => `the server has no ${role} ${item}`),
      ...theirs.filter((item) => !ours.includes(item)).map((item) => `this client does not know the ${role} ${item}`),
    ];
  };
  return [...compare('input', INPUTS, metadata.inputs), ...compare('output', OUTPUTS, metadata.outputs)];
}

interface EncodedRequest {
  readonly body: ArrayBuffer;
  /** Undefined when all of it is JSON. */
  readonly headerBytes: number | undefined;
}

function encodeRequest<K extends keyof Outputs>(inputs: Inputs, options: InferOptions<K>): EncodedRequest {
  const given = inputs as unknown as Readonly<Record<string, InputTensor<Values>>>;
  const isJson = options.encoding === 'json';
  const tail: Uint8Array[] = [];
  const texts = INPUTS.map((spec) => {
    if (!Object.hasOwn(given, spec.name)) throw new RangeError(`the input ${quote(spec.name)} is missing`);
    const { data, shape } = withShape(spec, given[spec.name] as InputTensor<Values>);
    const head = `{"name":${quote(spec.name)},"datatype":"${spec.datatype}","shape":[${shape.join(',')}]`;
    if (isJson && !isHalf(spec.datatype)) return `${head},"data":[${jsonValues(spec.datatype, data)}]}`;
    const bytes = toBytes(data);
    tail.push(bytes);
    return `${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const wanted: readonly string[] = (options.outputs as readonly string[] | undefined) ?? OUTPUTS.map(({ name }) => name);
  const outputs = wanted.map((name) => {
    const isBinary = !isJson || OUTPUTS.some((spec) => spec.name === name && isHalf(spec.datatype));
    return `{"name":${quote(name)},"parameters":{"binary_data":${isBinary}}}`;
  });
  const id = options.id === undefined ? '' : `"id":${quote(options.id)},`;
  const parameters = options.parameters === undefined ? '' : `"parameters":${JSON.stringify(options.parameters)},`;
  const json = new TextEncoder().encode(`{${id}${parameters}"inputs":[${texts.join(',')}],"outputs":[${outputs.join(',')}]}`);
  const body = join([json, ...tail]).buffer as ArrayBuffer;
  return { body, headerBytes: tail.length === 0 ? undefined : json.length };
}

function decodeResponse(buffer: ArrayBuffer, headerSize: string | null): InferResult<keyof Outputs> {
  const bytes = new Uint8Array(buffer);
  let at = headerSize === null ? bytes.length : Number(headerSize);
  const answer = parseJson(new TextDecoder().decode(bytes.subarray(0, at)));
  const outputs = (answer.outputs ?? []).map((output) => {
    const size = output.parameters?.binary_data_size;
    const data =
      size === undefined
        ? fromJson(output.datatype, output.data ?? [])
        : fromBytes(output.datatype, bytes.subarray(at, at + size));
    at += size ?? 0;
    return [output.name, { datatype: output.datatype, shape: output.shape, data }] as const;
  });
  if (at > bytes.length) throw new TransportError('the answer ends within a tensor', 'answer');
  return {
    id: answer.id,
    modelVersion: answer.model_version,
    outputs: Object.fromEntries(outputs) as unknown as Outputs,
  };
}

interface Answer {
  readonly id?: string;
  readonly model_version?: string;
  readonly outputs?: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters?: { readonly binary_data_size?: number };
    readonly data?: readonly (number | string | boolean)[];
  }[];
}

/** JSON with NaN and Infinity, which Triton writes bare, and integers of 64 bits: both become strings. */
function parseJson(text: string): Answer {
  const token = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const quoted = text.replace(token, (found) => (/^-?(?:\d{16,}|NaN|Infinity)$/.test(found) ? `"${found}"` : found));
  try {
    return JSON.parse(quoted) as Answer;
  } catch (error) {
    throw new TransportError(`the answer is not JSON: ${messageOf(error)}`, 'answer', error);
  }
}

function fromJson(datatype: string, nested: readonly unknown[]): Values {
  const flat = nested.flat(Number.POSITIVE_INFINITY) as (number | string | boolean)[];
  if (datatype === 'BYTES') return flat.map(String);
  if (datatype === 'INT64') return BigInt64Array.from(flat, BigInt);
  if (datatype === 'UINT64') return BigUint64Array.from(flat, BigInt);
  const Values = ARRAYS[datatype] as (new (bytes: ArrayBuffer) => Float64Array) | undefined;
  if (Values === undefined) throw new TransportError(`the answer has the unknown datatype ${datatype}`, 'answer');
  const values = new Values(new ArrayBuffer(flat.length * new Values(new ArrayBuffer(0)).BYTES_PER_ELEMENT));
  flat.forEach((value, index) => {
    values[index] = Number(value);
  });
  return values;
}

function fromBytes(datatype: string, bytes: Uint8Array): Values {
  if (datatype === 'BYTES') return strings(bytes);
  const Values = ARRAYS[datatype];
  if (Values === undefined) throw new TransportError(`the answer has the unknown datatype ${datatype}`, 'answer');
  // A copy, because the bytes of a tensor need not begin where its type may be read.
  return new Values(bytes.slice().buffer as ArrayBuffer);
}

/** Each string stands behind its length in bytes (u32, little-endian). */
function strings(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at, true);
    texts.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return texts;
}

function toBytes(values: Values): Uint8Array {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return join(
    values.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      const size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, bytes.length, true);
      return [size, bytes];
    }),
  );
}

function jsonValues(datatype: string, values: Values): string {
  if (!ArrayBuffer.isView(values)) return values.map(quote).join(',');
  if (datatype === 'BOOL') return Array.from(values as Uint8Array, (value) => value !== 0).join(',');
  return values.join(',');
}

function withShape(spec: Spec, tensor: InputTensor<Values>): { data: Values; shape: readonly number[] } {
  const isBare = ArrayBuffer.isView(tensor) || Array.isArray(tensor);
  const data = (isBare ? tensor : (tensor as { data: Values }).data) as Values;
  const shape = isBare ? shapeOf(spec, data.length) : (tensor as { shape: readonly number[] }).shape;
  if (product(shape) !== data.length) {
    throw new RangeError(`${quote(spec.name)} has ${data.length} values, but the shape [${shape.join(', ')}]`);
  }
  return { data, shape };
}

function shapeOf({ name, shape }: Spec, count: number): readonly number[] {
  const open = shape?.filter((size) => size < 0).length;
  if (shape === undefined || (open ?? 0) > 1) {
    throw new RangeError(`${quote(name)} can have many shapes: give { data, shape }`);
  }
  const fixed = product(shape.filter((size) => size >= 0));
  return shape.map((size) => (size < 0 ? Math.floor(count / Math.max(1, fixed)) : size));
}

function isHalf(datatype: string): boolean {
  return datatype === 'FP16' || datatype === 'BF16';
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((left, right) => left * right, 1);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

async function serverError(response: Response): Promise<ServerError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return new ServerError(error, response.status);
  } catch {
    // A gateway between here and the server answers in its own form.
  }
  return new ServerError(text.slice(0, 500) || `HTTP status ${response.status}`, response.status);
}

/** Doubles from 100 ms up to 2 s, by chance anywhere in the upper half: clients must not come back all at once. */
function retryDelayMs(attempt: number, retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  if (seconds > 0) return Math.min(seconds * 1_000, 10_000);
  return Math.min(2_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return error instanceof Error ? error.message : String(error);
}

/** Rounds to the nearest of the 16-bit floats of IEEE 754, ties to even; 65 520 and more become infinite. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  return Uint16Array.from(values, (value) => {
    float[0] = value;
    const all = bits[0] as number;
    const sign = (all >>> 16) & 0x8000;
    const rest = all & 0x7fffffff;
    if (rest > 0x7f800000) return sign | 0x7e00;
    if (rest >= 0x477ff000) return sign | 0x7c00;
    if (rest >= 0x38800000) return sign | ((rest + 0xfff + ((rest >>> 13) & 1) - 0x38000000) >>> 13);
    // The last bit of 0.5 + x in single precision is worth 2^-24, as that of a subnormal half.
    float[0] = Math.abs(value) + 0.5;
    return sign | ((bits[0] as number) - 0x3f000000);
  });
}

export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

/** Rounds to the nearest bfloat16, ties to even. */
export function toBfloat16(values: ArrayLike<number>): Uint16Array {
  const floats = Float32Array.from(values);
  return Uint16Array.from(new Uint32Array(floats.buffer), (all) =>
    (all & 0x7fffffff) > 0x7f800000 ? (all >>> 16) | 0x40 : (all + 0x7fff + ((all >>> 16) & 1)) >>> 16,
  );
}

export function fromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
