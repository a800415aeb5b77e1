/** What a conversion of one operator to one opset version is made of. */
import { NimifyError } from '../../base/errors.ts';
import { withAttributes } from '../attribute.ts';
import { type AttributeValue, type Dim, makeAttribute, makeNode } from '../build.ts';
import type { DataType } from '../data-type.ts';
import type { NodeProto } from '../proto.ts';
import type { HostTensor } from '../tensor.ts';

/** What a conversion may ask about the graph that holds the node. */
export interface GraphView {
  /** The value of an initializer or a Constant node; undefined when the tensor is computed. */
  constant(name: string): HostTensor | undefined;
  /** As far as the model says it; null when it does not. */
  shape(name: string): readonly Dim[] | null;
  /** The type of a float tensor; null when neither the model nor its other tensors tell. */
  floatType(name: string): DataType | null;
  /** A tensor name that the model does not have yet. */
  fresh(base: string): string;
  isUsed(name: string): boolean;
}

/** Gives the nodes of the new version that do what `node` did in the version before; never changes `node`. */
export type Convert = (node: NodeProto, view: GraphView) => readonly NodeProto[];

export interface Conversion {
  /** The opset version whose change this bridges. */
  readonly version: number;
  readonly convert: Convert;
}

export function refused(node: NodeProto, version: number, why: string): NimifyError {
  const operator = node.opType ?? '';
  const name = node.name || node.output[0] || '(unnamed)';
  return new NimifyError(
    'OPSET_UNSUPPORTED',
    `${operator} (${name}) cannot be converted to opset ${version}: ${why}.`,
    {
      hint: `Export the model with opset ${version} or later.`,
      details: { operator, node: name, opset: version },
    },
  );
}

/** A Constant node whose output is named after the tensor that it helps to make. */
export function constantNode(node: NodeProto, role: string, value: HostTensor, view: GraphView): NodeProto {
  const name = view.fresh(`${node.output[0] ?? node.opType}_${role}`);
  return makeNode('Constant', [], [name], { name, attributes: { value } });
}

export function int64Tensor(values: readonly (bigint | number)[]): HostTensor {
  return { dataType: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** Pads `inputs` with empty names up to `position` and puts `name` there. */
export function withInput(node: NodeProto, position: number, name: string): NodeProto {
  const input = [...node.input];
  while (input.length < position) input.push('');
  input[position] = name;
  return { ...node, input };
}

/** Drops and adds attributes, keeping what else the node has. */
export function edited(
  node: NodeProto,
  dropped: readonly string[],
  added: Readonly<Record<string, AttributeValue>> = {},
): NodeProto {
  return withAttributes(
    node,
    [...dropped, ...Object.keys(added)],
    Object.entries(added).map(([name, value]) => makeAttribute(name, value)),
  );
}
