/**
 * Types as text, so that a case is one line: `float32[2,N,?]`, `float32` (rank unknown), `float32[]` (scalar),
 * `int64[2]{1,-1}` (a constant), `seq(float32[N])`, `opt(…)`, `map(int64,float32)`, `sparse float32[3]`, `` (input left out).
 */
import { type AttributeValue, makeGraph, makeModel, makeNode, makeTensor } from '../../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../../src/onnx/data-type.ts';
import type { GraphProto, ModelProto, TensorProto, TypeProto, ValueInfoProto } from '../../../src/onnx/proto.ts';
import { type Inference, inferTypes } from '../../../src/onnx/shapes/infer.ts';
import type { ValueType } from '../../../src/onnx/shapes/types.ts';
import type { TensorData } from '../../../src/onnx/tensor.ts';

export interface NodeCase {
  readonly domain?: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Number of outputs of the node; 1 unless said. */
  readonly outputs?: number;
}

/** Types of the outputs of a model with this one node. */
export function inferNode(operator: string, inputs: readonly string[], options: NodeCase = {}): string[] {
  const { found, names } = inferOneNode(operator, inputs, options);
  return names.map((name) => textOf(found.types.get(name) ?? null));
}

/** What was found to be wrong with a model with this one node. */
export function problemsOf(operator: string, inputs: readonly string[], options: NodeCase = {}): string[] {
  return inferOneNode(operator, inputs, options).found.problems.map(({ message }) => message);
}

function inferOneNode(operator: string, inputs: readonly string[], options: NodeCase) {
  const names = Array.from({ length: options.outputs ?? 1 }, (_, index) => `out${index}`);
  const node = makeNode(
    operator,
    inputs.map((input, index) => (input === '' ? '' : `in${index}`)),
    names,
    { attributes: options.attributes ?? {}, ...(options.domain === undefined ? {} : { domain: options.domain }) },
  );
  const model = modelOf([node], inputs, names, options);
  return { names, found: inferTypes(model) satisfies Inference };
}

/** A model whose inputs and constants are called in0, in1, … */
export function modelOf(
  nodes: GraphProto['node'],
  inputs: readonly string[],
  outputs: readonly string[],
  options: Pick<NodeCase, 'domain' | 'opset'> = {},
): ModelProto & { graph: GraphProto } {
  const named = inputs.map((text, index) => ({ text, name: `in${index}` })).filter(({ text }) => text !== '');
  const model = makeModel({
    opset: options.opset ?? 28,
    irVersion: 13,
    graph: makeGraph({
      name: 'case',
      nodes,
      inputs: named.filter(({ text }) => !text.includes('{')).map(({ name, text }) => valueInfo(name, text)),
      outputs: outputs.map((name) => ({ name, metadataProps: [] })),
      initializers: named.filter(({ text }) => text.includes('{')).map(({ name, text }) => constantOf(name, text)),
    }),
  });
  if (options.domain) model.opsetImport.push({ domain: options.domain, version: options.opset ?? 1 });
  return model;
}

export function valueInfo(name: string, text: string): ValueInfoProto {
  return { name, type: typeProto(text), metadataProps: [] };
}

function typeProto(text: string): TypeProto {
  const container = /^(seq|opt)\((.*)\)$/.exec(text);
  if (container?.[1] === 'seq') return { sequenceType: { elemType: typeProto(container[2] as string) } };
  if (container?.[1] === 'opt') return { optionalType: { elemType: typeProto(container[2] as string) } };
  const map = /^map\((\w+),(.*)\)$/.exec(text);
  if (map) return { mapType: { keyType: codeOf(map[1] as string), valueType: typeProto(map[2] as string) } };
  if (text.startsWith('sparse ')) return { sparseTensorType: tensorType(text.slice(7)) };
  return { tensorType: tensorType(text) };
}

function tensorType(text: string): NonNullable<TypeProto['tensorType']> {
  const [, dataType, , dims] = /^(\w+)(\[(.*)\])?$/.exec(text) as unknown as string[];
  const elemType = codeOf(dataType as string);
  return dims === undefined ? { elemType } : { elemType, shape: { dim: dimTexts(dims).map(dimOf) } };
}

function dimOf(text: string) {
  if (text === '?') return {};
  return /^-?\d+$/.test(text) ? { dimValue: Number(text) } : { dimParam: text };
}

function dimTexts(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

function codeOf(dataType: string): number {
  return DATA_TYPES[dataType as DataType].code;
}

export function constantOf(name: string, text: string): TensorProto {
  const [, type, dims, values] = /^(\w+)\[(.*)\]\{(.*)\}$/.exec(text) as unknown as string[];
  const dataType = type as DataType;
  const numbers = dimTexts(values as string).map(Number);
  return makeTensor(name, { dataType, dims: dimTexts(dims as string).map(Number), data: arrayOf(dataType, numbers) });
}

function arrayOf(dataType: DataType, numbers: readonly number[]): TensorData {
  if (dataType === 'int64') return BigInt64Array.from(numbers, BigInt);
  if (dataType === 'int32') return Int32Array.from(numbers);
  if (dataType === 'bool' || dataType === 'uint8') return Uint8Array.from(numbers);
  if (dataType === 'float32') return Float32Array.from(numbers);
  throw new Error(`no constants of ${dataType} in this notation`);
}

/** The type in the same notation; `?` for dims that the model does not name, empty when nothing is known. */
export function textOf(type: ValueType | null): string {
  if (type === null) return '';
  if (type.kind === 'map') return `map(${type.keyType ?? '?'},${textOf(type.value)})`;
  if ('element' in type) {
    return `${type.kind === 'sequence' ? 'seq' : 'opt'}(${textOf(type.element)})`;
  }
  const dims = type.shape?.map((dim) => (dim === null || String(dim).startsWith('\0') ? '?' : dim));
  const prefix = type.kind === 'sparse' ? 'sparse ' : '';
  return `${prefix}${type.dataType ?? '?'}${dims === undefined ? '' : `[${dims.join(',')}]`}`;
}
