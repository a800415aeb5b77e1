/** The body of a model-local function as one call of it sees it: inputs with types, attributes in place. */
import { makeGraph, makeValueInfo } from '../../onnx/build.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from '../../onnx/proto.ts';
import { attributesOf } from '../../onnx/shapes/functions.ts';
import type { KnownShapes } from './known-shapes.ts';

/** @returns null where the type of an input is not known */
export function bodyOfCall(fn: FunctionProto, call: NodeProto, caller: KnownShapes): GraphProto | null {
  const given = fn.input.map((name, index) => ({ name, from: call.input[index] ?? '' }));
  const constants = given.flatMap(({ name, from }) => {
    const constant = caller.constant(from);
    return constant === undefined ? [] : [{ ...constant, name }];
  });
  const held = new Set(constants.map(({ name }) => name));
  const inputs = given
    .filter(({ name, from }) => from !== '' && !held.has(name))
    .map(({ name, from }) => {
      const info = caller.info(from);
      return info?.dataType ? makeValueInfo(name, info.dataType, info.shape) : null;
    });
  if (inputs.includes(null)) return null;
  const attributes = attributesOf(fn, call, null);
  return {
    ...makeGraph({
      name: fn.name ?? '',
      nodes: fn.node.map((node) => resolved(node, attributes)),
      inputs: inputs.filter((input) => input !== null),
      outputs: fn.output.map((name) => ({ name, metadataProps: [] })),
      initializers: constants,
    }),
    valueInfo: fn.valueInfo,
  };
}

/** Attributes that refer to those of the function become what the call gives; those that it does not give go. */
function resolved(node: NodeProto, attributes: ReadonlyMap<string, AttributeProto>): NodeProto {
  const attribute = node.attribute.flatMap((own): AttributeProto[] => {
    if (own.refAttrName) {
      const value = attributes.get(own.refAttrName);
      return value === undefined ? [] : [{ ...value, ...(own.name === undefined ? {} : { name: own.name }) }];
    }
    if (!own.g && own.graphs.length === 0) return [own];
    const inner = (graph: GraphProto): GraphProto => ({
      ...graph,
      node: graph.node.map((below) => resolved(below, attributes)),
    });
    return [{ ...own, ...(own.g ? { g: inner(own.g) } : {}), graphs: own.graphs.map(inner) }];
  });
  return { ...node, attribute };
}
