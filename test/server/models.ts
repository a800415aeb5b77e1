/** Tiny models for the tests of the server, built from nodes. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../../src/onnx/proto.ts';
import { writeModel } from '../../src/onnx/write.ts';

function model(
  name: string,
  nodes: NodeProto[],
  inputs: ValueInfoProto[],
  outputs: ValueInfoProto[],
  initializers: TensorProto[] = [],
): ModelProto {
  return makeModel({ graph: makeGraph({ name, nodes, inputs, outputs, initializers }), opset: 17, irVersion: 8 });
}

/** sum = a + b and product = a · b, float32 [batch, 2]. */
export function pair(): ModelProto {
  return model(
    'pair',
    [makeNode('Add', ['a', 'b'], ['sum']), makeNode('Mul', ['a', 'b'], ['product'])],
    [makeValueInfo('a', 'float32', ['batch', 2]), makeValueInfo('b', 'float32', ['batch', 2])],
    [makeValueInfo('sum', 'float32', ['batch', 2]), makeValueInfo('product', 'float32', ['batch', 2])],
  );
}

/** One Identity per data type that ONNX Runtime for Node runs: `in_x` → `out_x`, rank 1. */
export const ECHO_TYPES = [
  'bool',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  'string',
] as const;

export function echo(type: (typeof ECHO_TYPES)[number]): ModelProto {
  return model(
    `echo-${type}`,
    [makeNode('Identity', ['x'], ['y'])],
    [makeValueInfo('x', type, ['n'])],
    [makeValueInfo('y', type, ['n'])],
  );
}

/** Takes and gives a scalar. */
export function scalar(): ModelProto {
  return model(
    'scalar',
    [makeNode('Neg', ['x'], ['y'])],
    [makeValueInfo('x', 'int64', [])],
    [makeValueInfo('y', 'int64', [])],
  );
}

/** Reshapes 4 values to a shape that the request gives: a wrong one makes ONNX Runtime fail while running. */
export function reshape(): ModelProto {
  return model(
    'reshape',
    [makeNode('Reshape', ['x', 'shape'], ['y'])],
    [makeValueInfo('x', 'float32', [4]), makeValueInfo('shape', 'int64', ['rank'])],
    [makeValueInfo('y', 'float32', null)],
  );
}

/** A chain of matrix products that takes long enough to be closed over. */
export function slow(size = 900, count = 12): ModelProto {
  const weight = makeTensor('w', {
    dataType: 'float32',
    dims: [size, size],
    data: new Float32Array(size * size).fill(1 / size),
  });
  const nodes = Array.from({ length: count }, (_, i) =>
    makeNode('MatMul', [i === 0 ? 'x' : `h${i}`, 'w'], [i === count - 1 ? 'y' : `h${i + 1}`]),
  );
  return model(
    'slow',
    nodes,
    [makeValueInfo('x', 'float32', [size, size])],
    [makeValueInfo('y', 'float32', [size, size])],
    [weight],
  );
}

/** Writes `<folder>/<name>/<version>/model.onnx`. */
export async function place(folder: string, name: string, proto: ModelProto, version = '1'): Promise<string> {
  const path = join(folder, name, version, 'model.onnx');
  await mkdir(dirname(path), { recursive: true });
  await writeModel(proto, path);
  return path;
}
