/** Weights that are there more than once. */
import type { DuplicateWeights, WeightValues } from './facts.ts';

/** Scalars and short lists, such as axes and epsilons, are equal by chance and weigh nothing. */
const MIN_BYTES = 64;

/** Groups of equal type, dims and values, the group first that wastes most bytes. */
export function duplicateWeights(tensors: readonly WeightValues[]): DuplicateWeights[] {
  const groups = new Map<string, WeightValues[]>();
  for (const tensor of tensors) {
    if (tensor.sizeBytes < MIN_BYTES) continue;
    const key = JSON.stringify([tensor.dataType, tensor.dims, tensor.sha256]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tensor]);
    else group.push(tensor);
  }
  const waste = (group: readonly WeightValues[]): number => (group.length - 1) * (group[0]?.sizeBytes ?? 0);
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .sort((a, b) => waste(b) - waste(a))
    .map((group) => {
      const { sha256, sizeBytes } = group[0] as WeightValues;
      return { sha256, names: group.map(({ name }) => name), sizeBytes };
    });
}
