/** Models as text: inputs in the notation of ../notation.ts, nodes as `[operator, inputs, outputs, attributes]`. */
import { type AttributeValue, makeGraph, makeModel, makeNode } from '../../../../src/onnx/build.ts';
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from '../../../../src/onnx/proto.ts';
import { constantOf, valueInfo } from '../notation.ts';

/** `Add` or `domain:Operator`; names apart by spaces, `_` for one that is left out; integers for INT and INTS. */
type NodeText = readonly [operator: string, inputs: string, outputs: string, attributes?: Attributes];
type Attributes = Readonly<Record<string, number | readonly number[] | Exclude<AttributeValue, number>>>;

export interface GraphText {
  /** Those with `{…}` are initializers. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeText[];
  /** The outputs of the last node where absent. */
  readonly outputs?: string;
}

export interface ModelText extends GraphText {
  readonly inputs: Readonly<Record<string, string>>;
  /** 18 where absent. */
  readonly opset?: number;
  readonly domains?: Readonly<Record<string, number>>;
  readonly functions?: readonly FunctionProto[];
}

export type ModelTable = Readonly<Record<string, ModelText>>;

export function graphOf({ inputs = {}, nodes, outputs }: GraphText): GraphProto {
  const all = Object.entries(inputs);
  const results = outputs ?? nodes.at(-1)?.[2] ?? '';
  return makeGraph({
    name: 'graph',
    nodes: nodes.map(nodeOf),
    inputs: all.filter(([, text]) => !text.includes('{')).map(([name, text]) => valueInfo(name, text)),
    outputs: namesOf(results).map((name) => ({ name, metadataProps: [] })),
    initializers: all.filter(([, text]) => text.includes('{')).map(([name, text]) => constantOf(name, text)),
  });
}

export function buildModel(text: ModelText): ModelProto & { graph: GraphProto } {
  const { opset = 18, domains = {}, functions = [] } = text;
  const model = makeModel({ opset, irVersion: 10, graph: graphOf(text) });
  model.opsetImport.push(...Object.entries(domains).map(([domain, version]) => ({ domain, version })));
  model.functions.push(...functions);
  return model;
}

export function functionOf(name: string, inputs: string, { nodes, outputs }: GraphText, attribute = ''): FunctionProto {
  return {
    name,
    domain: 'local',
    input: namesOf(inputs),
    output: namesOf(outputs ?? nodes.at(-1)?.[2] ?? ''),
    attribute: namesOf(attribute),
    node: nodes.map(nodeOf),
    opsetImport: [
      { domain: '', version: 18 },
      { domain: 'local', version: 1 },
    ],
    attributeProto: [],
    valueInfo: [],
    metadataProps: [],
  };
}

function nodeOf([operator, inputs, outputs, attributes = {}]: NodeText): NodeProto {
  const at = operator.indexOf(':');
  return makeNode(operator.slice(at + 1), namesOf(inputs), namesOf(outputs), {
    ...(at > 0 && { domain: operator.slice(0, at) }),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, integers(value)])),
  });
}

function namesOf(text: string): string[] {
  return text.split(' ').flatMap((name) => (name === '' ? [] : [name === '_' ? '' : name]));
}

function integers(value: Attributes[string]): AttributeValue {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value) && value.every((one) => Number.isInteger(one))) return (value as number[]).map(BigInt);
  return value as AttributeValue;
}
