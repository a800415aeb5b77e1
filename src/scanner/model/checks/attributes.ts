/** Attributes that hold as much as a tensor. */
import type { AttributeProto } from '../../../onnx/proto.ts';
import type { ModelCheck } from '../check.ts';

export const attributes: ModelCheck = {
  rules: ['attribute-huge'],
  visit: (context) => ({
    attribute(attribute, node, place) {
      const sizeBytes = sizeOf(attribute);
      if (sizeBytes <= context.limits.maxAttributeBytes) return;
      const args = { attribute: attribute.name ?? '', node: node?.name || node?.opType || 'a function', sizeBytes };
      context.report('attribute-huge', args, place);
    },
  }),
};

/** As it takes in memory; tensors and graphs are looked at elsewhere. */
function sizeOf({ s, strings, ints, floats }: AttributeProto): number {
  const texts = strings.reduce((sum, text) => sum + text.length, s?.length ?? 0);
  return texts + ints.length * 8 + floats.length * 4;
}
