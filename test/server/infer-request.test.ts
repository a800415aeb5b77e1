import { describe, expect, test } from 'vitest';
import { parseInferRequest } from '../../src/server/infer-request.ts';

const X = { name: 'x', shape: [1], datatype: 'FP32', data: [1] };

function parse(json: unknown, tail: Buffer = Buffer.alloc(0)) {
  const head = Buffer.from(JSON.stringify(json));
  return parseInferRequest(Buffer.concat([head, tail]), head.length, 'm');
}

describe('a request that breaks the form', () => {
  const onlyOne =
    "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', " +
    "'shared_memory_region' in 'parameters'.";

  test.each([
    [[], 'failed to parse the request JSON buffer: it is not an object'],
    [{}, "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'"],
    [{ inputs: {} }, "Unable to parse 'inputs': attempt to access JSON non-array as array"],
    [{ inputs: [1] }, "Unable to parse 'inputs': attempt to access JSON non-object as object"],
    [{ id: 7, inputs: [X] }, "Unable to parse 'id': attempt to access JSON non-string as string"],
    [{ inputs: [{ ...X, name: 1 }] }, "Unable to parse 'name': attempt to access JSON non-string as string"],
    [{ inputs: [{ ...X, shape: 1 }] }, "Unable to parse 'shape': attempt to access JSON non-array as array"],
    [
      { inputs: [{ ...X, shape: [1.5] }] },
      "Unable to parse 'shape': attempt to access JSON non-signed-integer as signed-integer",
    ],
    [{ inputs: [{ ...X, datatype: 'FLOAT' }] }, 'invalid datatype for input x'],
    [{ inputs: [{ ...X, datatype: 'toString' }] }, 'invalid datatype for input x'],
    [{ inputs: [{ ...X, data: 1 }] }, "Unable to parse 'data': attempt to access JSON non-array as array"],
    [{ inputs: [{ ...X, data: undefined }] }, `${onlyOne} But no field is set`],
    [{ inputs: [{ ...X, parameters: { binary_data_size: 4 } }] }, `${onlyOne} But set 'data' 'binary_data_size'`],
    [
      { inputs: [{ ...X, data: undefined, parameters: { binary_data_size: -1 } }] },
      "Unable to parse 'binary_data_size': attempt to access JSON non-unsigned-integer as unsigned-integer",
    ],
    [{ inputs: [X, X] }, "input 'x' already exists in request"],
    [{ inputs: [X], outputs: [{}] }, "Unable to parse 'name': attempt to access non-existing object member 'name'"],
    [
      { inputs: [X], outputs: [{ name: 'y', parameters: { binary_data: 1 } }] },
      "Unable to parse 'binary_data': attempt to access JSON non-boolean as boolean",
    ],
    [
      { inputs: [X], parameters: { triton_x: 1 } },
      "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified.",
    ],
    [
      { inputs: [X], parameters: { depth: 1.5 } },
      "parameter 'depth' has invalid type. It should be either 'int', 'bool', or 'string'.",
    ],
  ])('%j is refused', (json, message) => {
    expect(() => parse(json)).toThrow(expect.objectContaining({ status: 400, message }));
  });

  test('shared memory is not there', () => {
    const shared = { name: 'x', shape: [1], datatype: 'FP32', parameters: { shared_memory_region: 'r' } };
    expect(() => parse({ inputs: [shared] })).toThrow(expect.objectContaining({ status: 501 }));
  });

  test('binary data that is too short or too long is refused', () => {
    const x = { name: 'x', shape: [1], datatype: 'FP32', parameters: { binary_data_size: 4 } };
    expect(() => parse({ inputs: [x] }, Buffer.alloc(3))).toThrow(
      "unexpected size for input 'x', expecting 1 additional bytes for model 'm'",
    );
    expect(() => parse({ inputs: [x] }, Buffer.alloc(5))).toThrow("unexpected additional input data for model 'm'");
  });
});

describe('a request in good form', () => {
  test('takes binary tensors in the order of the inputs', () => {
    const binary = (name: string, size: number) => ({
      name,
      shape: [size],
      datatype: 'UINT8',
      parameters: { binary_data_size: size },
    });
    const { inputs } = parse({ inputs: [binary('a', 2), X, binary('b', 1)] }, Buffer.from([1, 2, 3]));
    expect(inputs.map(({ data }) => data)).toEqual([
      { bytes: Buffer.from([1, 2]) },
      { json: [1] },
      { bytes: Buffer.from([3]) },
    ]);
  });

  test('knows id, asked outputs once each, and lets an output overrule the request on binary data', () => {
    const request = parse({
      id: 'seven',
      inputs: [X],
      parameters: { binary_data_output: true, priority: 1, sequence_id: 'a', sequence_start: true },
      outputs: [
        { name: 'y' },
        { name: 'z', parameters: { binary_data: false, classification: 3 } },
        { name: 'y', parameters: { binary_data: false } },
      ],
    });
    expect(request).toMatchObject({ id: 'seven', isBinaryByDefault: true });
    expect(request.outputs).toEqual([
      { name: 'y', isBinary: true, classCount: 0 },
      { name: 'z', isBinary: false, classCount: 3 },
    ]);
    expect(parse({ inputs: [X], outputs: [] }).outputs).toBeUndefined();
  });

  test('a header of no bytes makes the whole body the data of one input, and the answer binary', () => {
    const request = parseInferRequest(Buffer.from('abc'), 0, 'm');
    expect(request).toMatchObject({ raw: Buffer.from('abc'), isBinaryByDefault: true });
  });
});
