import { describe, expect, test } from 'vitest';
import type { InferInput, InferRequest } from '../../src/server/infer-request.ts';
import { type ModelRules, prepareRequest } from '../../src/server/prepare.ts';
import type { Json } from '../../src/server/request-json.ts';
import type { TensorSpec } from '../../src/server/signature.ts';
import type { V2Type } from '../../src/server/v2-types.ts';

const spec = (name: string, type: V2Type, shape: number[] | null): TensorSpec => ({
  name,
  type,
  shape,
  isReshaped: false,
});

const PAIR: ModelRules = {
  name: 'm',
  maxBatchSize: 8,
  inputs: [spec('a', 'FP32', [-1, 2]), spec('b', 'INT32', [-1, 2])],
  outputs: [spec('y', 'FP32', [-1, 2])],
};

const single = (type: V2Type, shape: number[] | null, rest: Partial<ModelRules> = {}): ModelRules => ({
  name: 'm',
  maxBatchSize: 0,
  inputs: [spec('x', type, shape)],
  outputs: [spec('y', type, shape)],
  ...rest,
});

const json = (name: string, type: V2Type, shape: number[], data: Json[]): InferInput => ({
  name,
  type,
  shape,
  data: { json: data },
});

const binary = (name: string, type: V2Type, shape: number[], bytes: Buffer): InferInput => ({
  name,
  type,
  shape,
  data: { bytes },
});

const A = json('a', 'FP32', [1, 2], [1, 2]);
const B = json('b', 'INT32', [1, 2], [3, 4]);

function prepare(inputs: InferInput[], model: ModelRules, rest: Partial<InferRequest> = {}) {
  return prepareRequest({ id: '', inputs, isBinaryByDefault: false, ...rest }, model);
}

function refusal(inputs: InferInput[], model: ModelRules, rest: Partial<InferRequest> = {}): string {
  try {
    prepare(inputs, model, rest);
  } catch (error) {
    expect(error).toMatchObject({ status: 400 });
    return (error as Error).message;
  }
  throw new Error('the request was taken');
}

const NOTE =
  'NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be prepended to each ' +
  'input shape. If you want to specify the full shape including the batch dim in your input dims config, try setting ' +
  'max_batch_size to zero. See the model configuration docs for more info on max_batch_size.';

describe('a request that does not fit the model, in the words of Triton', () => {
  test('number of inputs', () => {
    expect(refusal([A], PAIR)).toBe(
      "[request id: <id_unknown>] expected 2 inputs but got 1 inputs for model 'm'. Got input(s) ['a'], but missing " +
        "required input(s) ['b']. Please provide all required input(s).",
    );
    expect(refusal([], PAIR, { id: 'q7' })).toContain(
      "[request id: q7] expected 2 inputs but got 0 inputs for model 'm'. Got input(s) [], but missing required " +
        "input(s) ['a','b'].",
    );
  });

  test('names of inputs and outputs', () => {
    expect(refusal([A, { ...B, name: 'c' }], PAIR)).toBe("unexpected inference input 'c' for model 'm'");
    const outputs = [{ name: 'z', isBinary: false, classCount: 0 }];
    expect(refusal([A, B], PAIR, { outputs })).toBe("unexpected inference output 'z' for model 'm'");
  });

  test('data type', () => {
    expect(refusal([A, { ...B, type: 'FP32' }], PAIR)).toBe(
      "[request id: <id_unknown>] inference input 'b' data-type is 'FP32', but model 'm' expects 'INT32'",
    );
  });

  test('shape, with and without the note on batching', () => {
    expect(refusal([{ ...A, shape: [1, 3] }, B], PAIR)).toBe(
      `[request id: <id_unknown>] unexpected shape for input 'a' for model 'm'. Expected [-1,2], got [1,3]. ${NOTE}`,
    );
    expect(refusal([json('x', 'FP32', [2048], [])], single('FP32', [-1, 2048]))).toBe(
      "[request id: <id_unknown>] unexpected shape for input 'x' for model 'm'. Expected [-1,2048], got [2048]. ",
    );
    expect(refusal([json('x', 'FP32', [-1], [])], single('FP32', [-1]))).toBe(
      "[request id: <id_unknown>] All input dimensions should be specified for input 'x' for model 'm', got [-1]",
    );
  });

  test('batch size', () => {
    expect(
      refusal(
        [
          { ...A, shape: [9, 2] },
          { ...B, shape: [9, 2] },
        ],
        PAIR,
      ),
    ).toBe("[request id: <id_unknown>] inference request batch-size must be <= 8 for 'm'");
    expect(refusal([A, { ...B, shape: [2, 2] }], PAIR)).toBe(
      "[request id: <id_unknown>] input 'b' batch size does not match other inputs for 'm'",
    );
    expect(refusal([{ ...A, shape: [] }, B], PAIR)).toBe(
      "[request id: <id_unknown>] input 'a' has no shape but model requires batch dimension for 'm'",
    );
  });

  test('bytes of binary data', () => {
    expect(refusal([binary('x', 'INT32', [2], Buffer.alloc(4))], single('INT32', [-1]))).toBe(
      "[request id: <id_unknown>] input byte size mismatch for input 'x' for model 'm'. Expected 8, got 4",
    );
  });

  test.each([
    [
      [2, 0, 0, 0, 65],
      1,
      "incomplete string data for inference input 'x' for model 'm', expecting string of length 2 but only 1 bytes available",
    ],
    [
      [1, 0, 0],
      1,
      "incomplete string length indicator for inference input 'x' for model 'm', expecting 4 bytes but only 3 bytes available",
    ],
    [
      [0, 0, 0, 0, 0, 0, 0, 0],
      1,
      "unexpected number of string elements 2 for inference input 'x' for model 'm', expecting 1",
    ],
    [[0, 0, 0, 0], 2, "expected 2 string elements for inference input 'x' for model 'm', got 1"],
    [[1, 0, 0, 0, 255], 1, "input 'x' holds bytes that are not UTF-8; the strings of ONNX are text"],
    [[1, 0, 0, 0, 0], 1, "input 'x' holds a NUL character, which ONNX Runtime for Node cannot carry"],
  ])('strings %j for %i elements', (bytes, count, message) => {
    expect(refusal([binary('x', 'BYTES', [count], Buffer.from(bytes))], single('BYTES', [-1]))).toBe(
      `[request id: <id_unknown>] ${message}`,
    );
  });

  test.each<[V2Type, Json[], string]>([
    ['FP32', [1, 2], "Shape does not match true shape of 'data' field"],
    ['FP32', [], "Shape does not match true shape of 'data' field"],
    ['FP32', ['1'], 'attempt to access JSON non-number as number ("1")'],
    ['FP64', [null], 'attempt to access JSON non-number as number (null)'],
    ['INT32', [1.5], 'attempt to access JSON non-integer as integer (1.5)'],
    ['INT64', [0.5], 'attempt to access JSON non-integer as integer (0.5)'],
    ['INT8', [128], "the value 128 of input 'x' does not fit INT8"],
    ['UINT8', [-1], "the value -1 of input 'x' does not fit UINT8"],
    ['INT32', [12345678901234567n], 'attempt to access JSON non-integer as integer (12345678901234567)'],
    ['INT64', [9223372036854775808n], "the value 9223372036854775808 of input 'x' does not fit INT64"],
    ['UINT64', [-1], "the value -1 of input 'x' does not fit UINT64"],
    ['BOOL', [1], 'attempt to access JSON non-boolean as boolean (1)'],
    ['BYTES', [1], 'attempt to access JSON non-string as string (1)'],
    ['BYTES', ['a\0b'], "input 'x' holds a NUL character, which ONNX Runtime for Node cannot carry"],
  ])('JSON data of %s: %s', (type, data, message) => {
    expect(refusal([json('x', type, [1], data)], single(type, [-1]))).toBe(`Unable to parse 'data': ${message}`);
  });

  test.each<V2Type>(['FP16', 'BF16'])('%s as JSON, on the way in and on the way out', (type) => {
    expect(refusal([json('x', type, [1], [1])], single(type, [-1], { outputs: [] }))).toBe(
      `receiving ${type} data via JSON is not supported. Please use the binary data format for input x`,
    );
    expect(refusal([binary('x', type, [1], Buffer.alloc(2))], single(type, [-1]))).toBe(
      `sending ${type} data via JSON is not supported. Please use the binary data format for output`,
    );
  });

  test('classes of strings', () => {
    const outputs = [{ name: 'y', isBinary: false, classCount: 1 }];
    expect(refusal([json('x', 'BYTES', [1], ['a'])], single('BYTES', [-1]), { outputs })).toBe(
      "class result not available for output due to unsupported type 'BYTES'",
    );
  });

  test('a raw body where the shape cannot be told', () => {
    const raw = Buffer.alloc(8);
    expect(refusal([], PAIR, { raw })).toContain(
      'Raw request must only have 1 input (found 1) to be deduced but got 2',
    );
    expect(refusal([], single('FP32', [-1, -1]), { raw })).toContain(
      "The shape of the raw input 'x' can not be deduced because there are more than one variable-sized dimension",
    );
    expect(refusal([], single('BYTES', [-1]), { raw })).toContain(
      "For BYTE datatype raw input 'x', the model must have input shape [1]",
    );
    expect(refusal([], single('FP32', [3]), { raw })).toContain('Expected 12, got 8');
  });

  test('a shape of astronomic size costs nothing', () => {
    expect(refusal([json('x', 'FP32', [1e9, 1e6], [1])], single('FP32', [-1, -1]))).toContain('Shape does not match');
  });
});

describe('a request that fits', () => {
  test('feeds the inputs by name, nested or flat, and tells the batch', () => {
    const nested = json(
      'b',
      'INT32',
      [2, 2],
      [
        [3, 4],
        [5, 6],
      ],
    );
    const prepared = prepare([nested, json('a', 'FP32', [2, 2], [1, 2, 3, 4])], PAIR);
    expect(prepared.batchSize).toBe(2);
    expect(prepared.feeds).toEqual({
      a: { dataType: 'float32', dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
      b: { dataType: 'int32', dims: [2, 2], data: new Int32Array([3, 4, 5, 6]) },
    });
  });

  test('a batch of any size is taken by a model without batching, and counts as none', () => {
    expect(prepare([json('x', 'FP32', [9], Array(9).fill(0))], single('FP32', [-1])).batchSize).toBe(0);
  });

  test.each<[V2Type, Json[], ArrayLike<unknown>]>([
    ['BOOL', [true, false], new Uint8Array([1, 0])],
    ['UINT8', [255, 0], new Uint8Array([255, 0])],
    ['UINT16', [65535, 0], new Uint16Array([65535, 0])],
    ['UINT32', [4294967295, 0], new Uint32Array([4294967295, 0])],
    ['UINT64', [18446744073709551615n, 0], new BigUint64Array([18446744073709551615n, 0n])],
    ['INT8', [-128, 127], new Int8Array([-128, 127])],
    ['INT16', [-32768, 32767], new Int16Array([-32768, 32767])],
    ['INT32', [-2147483648, 2147483647], new Int32Array([-2147483648, 2147483647])],
    ['INT64', [-9223372036854775808n, 9007199254740991], new BigInt64Array([-9223372036854775808n, 9007199254740991n])],
    ['FP32', [1.5, Number.NaN], new Float32Array([1.5, Number.NaN])],
    ['FP64', [12345678901234567n, -Infinity], new Float64Array([12345678901234568, -Infinity])],
    ['BYTES', ['é', ''], ['é', '']],
  ])('%s keeps %s', (type, data, expected) => {
    const { feeds } = prepare([json('x', type, [2], data)], single(type, [-1]));
    expect(feeds.x?.data).toEqual(expected);
  });

  test('binary data is a copy that can be given away, from any place of the body', () => {
    const body = Buffer.concat([Buffer.from('x'), Buffer.from(new Float32Array([1.5, -2]).buffer)]);
    const { feeds } = prepare([binary('x', 'FP32', [2], body.subarray(1))], single('FP32', [-1]));
    const data = feeds.x?.data as Float32Array;
    expect(data).toEqual(new Float32Array([1.5, -2]));
    expect(data.buffer.byteLength).toBe(8);
    expect(data.buffer).not.toBe(body.buffer);
  });

  test('a scalar may come as [1], as Triton has it, or as []', () => {
    const model = single('INT64', [1]);
    const scalarModel = { ...model, inputs: [{ ...(model.inputs[0] as TensorSpec), isReshaped: true }] };
    for (const shape of [[1], []]) {
      expect(prepare([json('x', 'INT64', shape, [5])], scalarModel).feeds.x?.dims).toEqual([]);
    }
    expect(refusal([json('x', 'INT64', [], [5])], model)).toContain('Expected [1], got []');
  });

  test('an object in place of a value is refused, even with an integer beyond 2^53 in it', () => {
    expect(refusal([json('x', 'FP32', [1], [{ a: 12345678901234567n }])], single('FP32', [-1]))).toContain(
      'attempt to access JSON non-number as number',
    );
  });

  test('one value per row of a batch comes as [b,1] and reaches the model as [b]', () => {
    const model = single('FP32', [-1, 1], { maxBatchSize: 4 });
    const perRow = { ...model, inputs: [{ ...(model.inputs[0] as TensorSpec), isReshaped: true }] };
    expect(refusal([json('x', 'FP32', [2], [5, 6])], perRow)).toContain('Expected [-1,1], got [2]');
    expect(refusal([json('x', 'FP32', [2, 2], [5, 6, 7, 8])], perRow)).toContain('Expected [-1,1], got [2,2]');
    expect(prepare([json('x', 'FP32', [2, 1], [5, 6])], perRow)).toMatchObject({
      feeds: { x: { dims: [2], data: new Float32Array([5, 6]) } },
      batchSize: 2,
    });
    expect(prepare([], perRow, { raw: Buffer.alloc(4) }).feeds.x?.dims).toEqual([1]);
  });

  test('any shape is taken where the model does not know its rank', () => {
    expect(prepare([json('x', 'FP32', [1, 1], [0])], single('FP32', null)).feeds.x?.dims).toEqual([1, 1]);
  });

  test('a raw body gets batch 1 and fills the one dynamic dimension; raw text is one string', () => {
    const raw = Buffer.alloc(24);
    const batched = prepare([], single('FP32', [-1, -1, 3], { maxBatchSize: 4 }), { raw });
    expect(batched.feeds.x?.dims).toEqual([1, 2, 3]);
    expect(prepare([], single('FP32', [-1]), { raw }).feeds.x?.dims).toEqual([6]);
    expect(prepare([], single('BYTES', [1]), { raw: Buffer.from('hé') }).feeds.x?.data).toEqual(['hé']);
  });

  test('outputs come in the order of the model, all unless some are asked for', () => {
    const model = { ...PAIR, outputs: ['y', 'z', 'w'].map((name) => spec(name, 'FP32', [-1])) };
    const outputs = ['w', 'y'].map((name) => ({ name, isBinary: name === 'w', classCount: 0 }));
    const names = (rest: Partial<InferRequest>) =>
      prepare([A, B], model, rest).outputs.map(({ name, isBinary }) => `${name} ${isBinary}`);
    expect(names({})).toEqual(['y false', 'z false', 'w false']);
    expect(names({ outputs })).toEqual(['y false', 'w true']);
    expect(names({ isBinaryByDefault: true })).toEqual(['y true', 'z true', 'w true']);
  });
});
