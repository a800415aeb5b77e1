/** Constant nodes become initializers, where quantizers, tools and readers look for weights. */
import { makeTensor } from '../build.ts';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from '../proto.ts';
import { editableGraphs } from './graphs.ts';
import type { Pass } from './pass.ts';

export const constants: Pass = {
  id: 'constants',
  did: 'Constant nodes made initializers',
  run: (model) => editableGraphs(model).reduce((sum, graph) => sum + hoist(graph), 0),
};

/** A Constant that is a graph output stays: ONNX wants outputs to be made by nodes. */
function hoist(graph: GraphProto): number {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const before = graph.node.length;
  graph.node = graph.node.filter((node) => {
    const [name = ''] = node.output;
    const tensor = node.opType === 'Constant' && !node.domain && !outputs.has(name) ? constantTensor(node) : undefined;
    if (tensor === undefined || name === '') return true;
    graph.initializer.push({ ...tensor, name });
    return false;
  });
  return before - graph.node.length;
}

/** The forms of Constant 13; sparse values stay a node. */
const FORMS: Readonly<Record<string, (attribute: AttributeProto) => TensorProto | undefined>> = {
  value: ({ t }) => t,
  value_float: ({ f = 0 }) => makeTensor('', { dataType: 'float32', dims: [], data: Float32Array.of(f) }),
  value_floats: ({ floats }) =>
    makeTensor('', { dataType: 'float32', dims: [floats.length], data: Float32Array.from(floats) }),
  value_int: ({ i = 0n }) => makeTensor('', { dataType: 'int64', dims: [], data: BigInt64Array.of(i) }),
  value_ints: ({ ints }) => makeTensor('', { dataType: 'int64', dims: [ints.length], data: BigInt64Array.from(ints) }),
};

function constantTensor(node: NodeProto): TensorProto | undefined {
  const [attribute] = node.attribute;
  if (attribute === undefined || node.attribute.length !== 1 || attribute.refAttrName) return undefined;
  const name = attribute.name ?? '';
  return Object.hasOwn(FORMS, name) ? FORMS[name]?.(attribute) : undefined;
}
