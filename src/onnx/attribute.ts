/** Reads and replaces attributes of nodes. */
import type { AttributeProto, NodeProto } from './proto.ts';

export function findAttribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function floatAttribute(node: NodeProto, name: string, otherwise: number): number {
  return findAttribute(node, name)?.f ?? otherwise;
}

/** INT attributes are axes, counts and flags: a number holds them. */
export function intAttribute(node: NodeProto, name: string, otherwise: number): number {
  const value = findAttribute(node, name)?.i;
  return value === undefined ? otherwise : Number(value);
}

/** Undefined when the attribute is not there. */
export function intsAttribute(node: NodeProto, name: string): readonly bigint[] | undefined {
  return findAttribute(node, name)?.ints;
}

export function textAttribute(node: NodeProto, name: string, otherwise: string): string {
  const value = findAttribute(node, name)?.s;
  return value === undefined ? otherwise : new TextDecoder().decode(value);
}

/** A copy of the node without the named attributes, and with `added` at the end. */
export function withAttributes(
  node: NodeProto,
  dropped: readonly string[],
  added: readonly AttributeProto[] = [],
): NodeProto {
  const kept = node.attribute.filter((attribute) => !dropped.includes(attribute.name ?? ''));
  return { ...node, attribute: [...kept, ...added] };
}
