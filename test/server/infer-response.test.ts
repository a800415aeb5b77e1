import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { topClasses } from '../../src/server/classification.ts';
import { encodeResponse } from '../../src/server/infer-response.ts';

const FACTS = { id: '', model: 'm', version: '3', isBatched: false };
const output = (name: string, isBinary = false, classCount = 0) => ({
  name,
  isBinary,
  classCount,
  spec: { name, type: 'FP32', shape: [1], isReshaped: false } as const,
});

function jsonOf(tensor: HostTensor): string {
  return encodeResponse({ ...FACTS, outputs: [output('y')] }, { y: tensor }).bytes.toString();
}

describe('encodeResponse', () => {
  test.each<[string, HostTensor]>([
    ['"FP32","shape":[2],"data":[0.10000000149011612,7]', f32([0.1, 7])],
    ['"FP32","shape":[3],"data":[NaN,Infinity,-Infinity]', f32([Number.NaN, Infinity, -Infinity])],
    ['"INT64","shape":[1],"data":[9223372036854775807]', tensor('int64', [1], new BigInt64Array([2n ** 63n - 1n]))],
    ['"BOOL","shape":[2],"data":[true,false]', tensor('bool', [2], new Uint8Array([1, 0]))],
    ['"BYTES","shape":[2],"data":["\\"é\\n",""]', tensor('string', [2], ['"é\n', ''])],
    ['"UINT8","shape":[1,0],"data":[]', tensor('uint8', [1, 0], new Uint8Array(0))],
    ['"FP64","shape":[1],"data":[2]', tensor('float64', [], new Float64Array([2]))],
  ])('writes %s', (expected, value) => {
    expect(jsonOf(value)).toBe(
      `{"model_name":"m","model_version":"3","outputs":[{"name":"y","datatype":${expected}}]}`,
    );
  });

  test('gives the id back, and puts binary tensors behind the JSON in their order', () => {
    const { bytes, headerSizeBytes } = encodeResponse(
      { ...FACTS, id: 'a"b', outputs: [output('y', true), output('z'), output('s', true)] },
      { y: f32([1.5]), z: f32([2]), s: tensor('string', [2], ['é', '']) },
    );
    expect(bytes.subarray(0, headerSizeBytes).toString()).toBe(
      '{"id":"a\\"b","model_name":"m","model_version":"3","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}},' +
        '{"name":"z","datatype":"FP32","shape":[1],"data":[2]},' +
        '{"name":"s","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":10}}]}',
    );
    expect([...bytes.subarray(headerSizeBytes)]).toEqual([0, 0, 0xc0, 0x3f, 2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]);
  });

  test('gives one value per row of a batch as [b,1]', () => {
    const y = output('y');
    const facts = { ...FACTS, isBatched: true, outputs: [{ ...y, spec: { ...y.spec, isReshaped: true } }] };
    expect(encodeResponse(facts, { y: f32([1, 2]) }).bytes.toString()).toContain('"shape":[2,1],"data":[1,2]');
  });

  test('an empty binary tensor still says that the rest is binary', () => {
    const { headerSizeBytes } = encodeResponse({ ...FACTS, outputs: [output('y', true)] }, { y: f32([]) });
    expect(headerSizeBytes).toBeGreaterThan(0);
  });

  test('gives classes as text, in JSON and in binary', () => {
    const scores = tensor('float32', [2, 2], new Float32Array([0.25, 0.75, 2, -1]));
    const facts = { ...FACTS, isBatched: true };
    expect(encodeResponse({ ...facts, outputs: [output('y', false, 1)] }, { y: scores }).bytes.toString()).toContain(
      '"datatype":"BYTES","shape":[2,1],"data":["0.750000:1","2.000000:0"]',
    );
    const { bytes } = encodeResponse({ ...facts, outputs: [output('y', true, 1)] }, { y: scores });
    expect(bytes.toString('latin1')).toContain('\n\0\0\x000.750000:1');
  });
});

describe('topClasses', () => {
  test('takes no more than there are, ties in the order of their index, NaN last', () => {
    const values = f32([Number.NaN, 1, 3, 1, Number.NaN]);
    expect(topClasses(values, 9, false)).toEqual({
      dataType: 'string',
      dims: [5],
      data: ['3.000000:2', '1.000000:1', '1.000000:3', 'NaN:0', 'NaN:4'],
    });
  });

  test('takes the whole tensor as one item without batching', () => {
    const values = tensor('int64', [2, 2], new BigInt64Array([1n, 9n, 5n, -3n]));
    expect(topClasses(values, 2, false)).toMatchObject({ dims: [2], data: ['9:1', '5:2'] });
  });
});

function tensor(dataType: HostTensor['dataType'], dims: number[], data: HostTensor['data']): HostTensor {
  return { dataType, dims, data };
}

function f32(values: number[]): HostTensor {
  return tensor('float32', [values.length], new Float32Array(values));
}
