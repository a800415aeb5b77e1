/** Softmax, LogSoftmax and Hardmax 13: one axis instead of all axes from `axis` on, taken as one. */
import { intAttribute } from '../attribute.ts';
import { makeNode } from '../build.ts';
import { type Convert, edited } from './conversion.ts';

/** Where `axis` is the last one, both mean the same; elsewhere the data is flattened as the old operator did it. */
export const softmaxAxis: Convert = (node, view) => {
  const [data] = node.input as [string];
  const [output] = node.output as [string];
  const axis = intAttribute(node, 'axis', 1);
  const rank = (view.shape(data) ?? view.shape(output))?.length;
  if (axis === -1 || axis + 1 === rank) return [edited(node, [], { axis: -1n })];
  const [shape, flat, normalized] = ['shape', 'flat', 'normalized'].map((role) => view.fresh(`${output}_${role}`)) as [
    string,
    string,
    string,
  ];
  return [
    makeNode('Shape', [data], [shape], { name: shape }),
    makeNode('Flatten', [data], [flat], { name: flat, attributes: { axis: BigInt(axis) } }),
    { ...edited(node, [], { axis: -1n }), input: [flat], output: [normalized] },
    makeNode('Reshape', [normalized, shape], [output], { name: view.fresh(`${output}_unflattened`) }),
  ];
};
