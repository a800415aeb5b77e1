/** Model-local functions: how a node names one, and the attributes that its body sees. */
import type { AttributeProto, FunctionProto, NodeProto } from '../proto.ts';

/** `ai.onnx` is the long name of the default domain. */
export function normalDomain(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

export function functionKey(
  domain: string | undefined,
  name: string | undefined,
  overload: string | undefined,
): string {
  return JSON.stringify([normalDomain(domain), name ?? '', overload ?? '']);
}

/** Defaults of the function, then what the call gives; the call may itself refer to attributes of the function around it. */
export function attributesOf(
  fn: FunctionProto,
  node: NodeProto,
  outer: ReadonlyMap<string, AttributeProto> | null,
): Map<string, AttributeProto> {
  const found = new Map(fn.attributeProto.map((attribute) => [attribute.name ?? '', attribute]));
  for (const attribute of node.attribute) {
    const value = attribute.refAttrName ? outer?.get(attribute.refAttrName) : attribute;
    if (value !== undefined) found.set(attribute.name ?? '', value);
  }
  return found;
}
