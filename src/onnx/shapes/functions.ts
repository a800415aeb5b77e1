/** Model-local functions: how a node names one, and the attributes that its body sees. */
import type { AttributeProto, FunctionProto, ModelProto, NodeProto } from '../proto.ts';

/** functionKey → function. */
export type Functions = ReadonlyMap<string, FunctionProto>;

export function functionsOf({ functions }: ModelProto): Functions {
  return new Map(functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
}

/** `ai.onnx` is the long name of the default domain. */
export function normalDomain(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

/** Names may hold any character, so the lengths of the first two keep them apart from what follows. */
export function functionKey(
  domain: string | undefined,
  name: string | undefined,
  overload: string | undefined,
): string {
  const [where, what] = [normalDomain(domain), name ?? ''];
  return `${where.length} ${what.length} ${where}${what}${overload ?? ''}`;
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
