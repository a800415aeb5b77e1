/** Attributes that became inputs: the value stays, its place changes. */
import { findAttribute, floatAttribute, intAttribute, intsAttribute } from '../attribute.ts';
import type { NodeProto } from '../proto.ts';
import type { HostTensor } from '../tensor.ts';
import { type Convert, constantNode, edited, type GraphView, int64Tensor, refused, withInput } from './conversion.ts';

/** Moves an INTS attribute to the input at `position`; a node without it stays without the input. */
export function intsToInput(attribute: string, position: number): Convert {
  return (node, view) => {
    const values = intsAttribute(node, attribute);
    if (values === undefined) return [node];
    const constant = constantNode(node, attribute, int64Tensor(values), view);
    return [constant, withInput(edited(node, [attribute]), position, constant.output[0] as string)];
  };
}

/** Slice 10: starts, ends and axes; the inputs are in this order in the new version. */
export const sliceToInputs: Convert = (node, view) => {
  const starts = intsAttribute(node, 'starts') ?? [];
  const axes = intsAttribute(node, 'axes') ?? starts.map((_, axis) => BigInt(axis));
  const lists = { starts, ends: intsAttribute(node, 'ends') ?? [], axes };
  const constants = Object.entries(lists).map(([role, values]) => constantNode(node, role, int64Tensor(values), view));
  const input = [node.input[0] as string, ...constants.map((constant) => constant.output[0] as string)];
  return [...constants, { ...edited(node, Object.keys(lists)), input }];
};

/** TopK 10. */
export const topKToInput: Convert = (node, view) => {
  const k = constantNode(node, 'k', int64Tensor([intAttribute(node, 'k', 1)]), view);
  return [k, withInput(edited(node, ['k']), 1, k.output[0] as string)];
};

/** Clip 11: min and max became scalars of the type of the data. */
export const clipToInputs: Convert = (node, view) => {
  const constants: NodeProto[] = [];
  let result = edited(node, ['min', 'max']);
  for (const [position, role] of [
    [1, 'min'],
    [2, 'max'],
  ] as const) {
    const value = findAttribute(node, role)?.f;
    if (value === undefined) continue;
    const constant = constantNode(node, role, floatScalar(node, value, 11, view), view);
    constants.push(constant);
    result = withInput(result, position, constant.output[0] as string);
  }
  return [...constants, result];
};

/** Pad 11: pads and value became inputs. */
export const padToInputs: Convert = (node, view) => {
  const pads = constantNode(node, 'pads', int64Tensor(intsAttribute(node, 'pads') ?? []), view);
  const result = withInput(edited(node, ['pads', 'value']), 1, pads.output[0] as string);
  const value = floatAttribute(node, 'value', 0);
  if (value === 0) return [pads, result];
  const constant = constantNode(node, 'value', floatScalar(node, value, 11, view), view);
  return [pads, constant, withInput(result, 2, constant.output[0] as string)];
};

/** Split 18 asks for num_outputs where the sizes are not given. */
export const splitNumOutputs: Convert = (node) =>
  node.input[1] ? [node] : [edited(node, [], { num_outputs: BigInt(node.output.length) })];

function floatScalar(node: NodeProto, value: number, version: number, view: GraphView): HostTensor {
  const dataType = view.floatType(node.input[0] as string) ?? view.floatType(node.output[0] as string);
  if (dataType === 'float32') return { dataType, dims: [], data: Float32Array.of(value) };
  if (dataType === 'float64') return { dataType, dims: [], data: Float64Array.of(value) };
  throw refused(node, version, `the type of its data is ${dataType ?? 'not known'} where float32 or float64 is needed`);
}
