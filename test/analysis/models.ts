/** Small models for the checks. */
import { type GraphParts, makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { type OnnxModel, parseModel } from '../../src/onnx/open.ts';
import type { FunctionProto, ModelProto, NodeProto, TensorProto } from '../../src/onnx/proto.ts';
import { elementCount } from '../../src/onnx/tensor.ts';

/** Opens what `change` makes of the bytes of the model, as a file of it would be. */
export function asModel(proto: ModelProto): OnnxModel {
  const bytes = encodedBytes(encodeModel(proto));
  return { path: '/models/m.onnx', sizeBytes: bytes.length, proto: parseModel(bytes), externalFiles: [] };
}

export const floats = (name: string, ...dims: number[]): TensorProto =>
  makeTensor(name, { dataType: 'float32', dims, data: new Float32Array(elementCount(dims)) });

export const longs = (name: string, ...values: number[]): TensorProto =>
  makeTensor(name, { dataType: 'int64', dims: [values.length], data: BigInt64Array.from(values.map(BigInt)) });

/** y = x · w, with what a test wants to be different. */
export function matMulModel(parts: Partial<GraphParts> = {}, model: Partial<ModelProto> = {}): ModelProto {
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'product' })],
    inputs: [makeValueInfo('x', 'float32', [1, 4])],
    outputs: [makeValueInfo('y', 'float32', [1, 3])],
    initializers: [floats('w', 4, 3)],
    ...parts,
  });
  return { ...makeModel({ opset: 17, irVersion: 9, graph }), ...model };
}

/** A subgraph that passes `result` on; the nodes see the names of the outer graph. */
export const branch = (nodes: NodeProto[], result: string, initializers: TensorProto[] = []) =>
  makeGraph({ name: 'branch', nodes, inputs: [], outputs: [makeValueInfo(result, 'float32', null)], initializers });

export const localFunction = (name: string, domain: string, nodes: NodeProto[]): FunctionProto => ({
  name,
  domain,
  input: ['a'],
  output: ['b'],
  attribute: [],
  node: nodes,
  opsetImport: [{ domain: '', version: 17 }],
  attributeProto: [],
  valueInfo: [],
  metadataProps: [],
});
