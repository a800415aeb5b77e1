/** Upsample and the first Resize: the scales moved, the operator was renamed, and its rounding was written down. */
import { findAttribute, floatAttribute, textAttribute } from '../attribute.ts';
import type { NodeProto } from '../proto.ts';
import { type Convert, constantNode, edited, refused } from './conversion.ts';

/** Upsample 7: two attributes for height and width became one list for all axes of an NCHW tensor. */
export const upsampleScales: Convert = (node) => {
  const scales = [1, 1, floatAttribute(node, 'height_scale', 1), floatAttribute(node, 'width_scale', 1)];
  const mode = textAttribute(node, 'mode', 'nearest');
  return [edited(node, ['height_scale', 'width_scale'], { scales, mode: mode === 'bilinear' ? 'linear' : mode })];
};

/** Upsample 9. */
export const upsampleScalesToInput: Convert = (node, view) => {
  const scales = Float32Array.from(findAttribute(node, 'scales')?.floats ?? []);
  const value = { dataType: 'float32', dims: [scales.length], data: scales } as const;
  const constant = constantNode(node, 'scales', value, view);
  return [constant, { ...edited(node, ['scales']), input: [node.input[0] as string, constant.output[0] as string] }];
};

/** Upsample 10. Upsample never shrinks, which the rounding of Resize 11 needs to know. */
export const upsampleToResize: Convert = (node) => [{ ...node, opType: 'Resize' }];

/**
 * Resize 11. The operator of opset 10 is asymmetric; its rounding of `nearest` was left open, and ONNX Runtime rounds
 * down where an axis grows and up where it shrinks.
 */
export const resizeTransformation: Convert = (node, view) => {
  const [data, scales] = node.input as [string, string];
  const mode = textAttribute(node, 'mode', 'nearest');
  const rounding = mode === 'nearest' ? { nearest_mode: nearestMode(node, view.constant(scales)?.data) } : {};
  const attributes = { ...rounding, coordinate_transformation_mode: 'asymmetric' };
  return [{ ...edited(node, [], attributes), input: [data, '', scales] }];
};

/** Computed scales are taken as growing: exporters that compute them do so for Upsample. */
function nearestMode(node: NodeProto, scales: unknown): 'floor' | 'ceil' {
  if (!(scales instanceof Float32Array)) return 'floor';
  const doesShrink = scales.some((scale) => scale < 1);
  if (doesShrink && scales.some((scale) => scale > 1)) throw refused(node, 11, 'it grows one axis and shrinks another');
  return doesShrink ? 'ceil' : 'floor';
}
