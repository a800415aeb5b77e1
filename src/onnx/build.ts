/** Makes new messages: every list is there, every optional field only when given. */
import { DATA_TYPES, type DataType } from './data-type.ts';
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type DimensionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.ts';
import { bytesOfData, type HostTensor } from './tensor.ts';

/** A dimension: a size, a symbol, or null when unknown. */
export type Dim = number | string | null;

export type AttributeValue =
  | number
  | bigint
  | string
  | HostTensor
  | GraphProto
  | readonly bigint[]
  | readonly number[]
  | readonly string[];

/** `float` makes a FLOAT attribute of a number; plain numbers are FLOAT too, bigint is INT. */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const empty = emptyAttribute(name);
  if (typeof value === 'number') return { ...empty, f: value, type: ATTRIBUTE_TYPE.FLOAT };
  if (typeof value === 'bigint') return { ...empty, i: value, type: ATTRIBUTE_TYPE.INT };
  if (typeof value === 'string') return { ...empty, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPE.STRING };
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string') {
      const strings = (value as string[]).map((text) => new TextEncoder().encode(text));
      return { ...empty, strings, type: ATTRIBUTE_TYPE.STRINGS };
    }
    return typeof value[0] === 'number'
      ? { ...empty, floats: value as number[], type: ATTRIBUTE_TYPE.FLOATS }
      : { ...empty, ints: value as bigint[], type: ATTRIBUTE_TYPE.INTS };
  }
  if ('node' in value) return { ...empty, g: value as GraphProto, type: ATTRIBUTE_TYPE.GRAPH };
  return { ...empty, t: makeTensor(undefined, value as HostTensor), type: ATTRIBUTE_TYPE.TENSOR };
}

/** A TENSOR attribute of a tensor that may still lie in its file. */
export function makeTensorAttribute(name: string, t: TensorProto): AttributeProto {
  return { ...emptyAttribute(name), t, type: ATTRIBUTE_TYPE.TENSOR };
}

function emptyAttribute(name: string): AttributeProto {
  return {
    name,
    floats: [],
    ints: [],
    strings: [],
    tensors: [],
    graphs: [],
    typeProtos: [],
    sparseTensors: [],
  };
}

export interface NodeOptions {
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  options: NodeOptions = {},
): NodeProto {
  return {
    input: [...input],
    output: [...output],
    ...(options.name === undefined ? {} : { name: options.name }),
    opType,
    attribute: Object.entries(options.attributes ?? {}).map(([name, value]) => makeAttribute(name, value)),
    ...(options.domain === undefined ? {} : { domain: options.domain }),
    metadataProps: [],
    deviceConfigurations: [],
  };
}

/** Numeric values go to raw_data, strings to string_data. The data is not copied. */
export function makeTensor(name: string | undefined, tensor: HostTensor): TensorProto {
  const isText = Array.isArray(tensor.data);
  return {
    dims: [...tensor.dims],
    dataType: DATA_TYPES[tensor.dataType].code,
    stringData: isText ? (tensor.data as string[]).map((text) => new TextEncoder().encode(text)) : [],
    ...(name === undefined ? {} : { name }),
    ...(isText ? {} : { rawData: bytesOfData(tensor.data as Exclude<HostTensor['data'], string[]>) }),
    externalData: [],
    metadataProps: [],
  };
}

/** A tensor-typed graph input, output or value_info; shape null leaves the rank unknown. */
export function makeValueInfo(name: string, dataType: DataType, shape: readonly Dim[] | null): ValueInfoProto {
  return {
    name,
    type: {
      tensorType: {
        elemType: DATA_TYPES[dataType].code,
        ...(shape === null ? {} : { shape: { dim: shape.map(makeDimension) } }),
      },
    },
    metadataProps: [],
  };
}

function makeDimension(dim: Dim): DimensionProto {
  if (dim === null) return {};
  return typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim };
}

export interface GraphParts {
  readonly name: string;
  readonly nodes: NodeProto[];
  readonly inputs: ValueInfoProto[];
  readonly outputs: ValueInfoProto[];
  readonly initializers?: TensorProto[];
}

export function makeGraph(parts: GraphParts): GraphProto {
  return {
    node: parts.nodes,
    name: parts.name,
    initializer: parts.initializers ?? [],
    input: parts.inputs,
    output: parts.outputs,
    valueInfo: [],
    quantizationAnnotation: [],
    sparseInitializer: [],
    metadataProps: [],
  };
}

export interface ModelParts {
  readonly graph: GraphProto;
  readonly opset: number;
  readonly irVersion: number;
  readonly producerName?: string;
}

export function makeModel(parts: ModelParts): ModelProto & { graph: GraphProto } {
  return {
    irVersion: parts.irVersion,
    producerName: parts.producerName ?? 'nimify',
    graph: parts.graph,
    opsetImport: [{ domain: '', version: parts.opset }],
    metadataProps: [],
    trainingInfo: [],
    functions: [],
    configuration: [],
  };
}
