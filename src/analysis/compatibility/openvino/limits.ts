/**
 * What the ONNX frontend of OpenVINO 2026.4 asks of nodes that it converts. Measured: the node tests of ONNX that it
 * refuses although it knows their operators.
 */
import { Limits } from '../limits.ts';

export const OPENVINO_LIMITS = new Limits([
  {
    operators: 'Resize',
    kind: 'one of',
    attribute: 'coordinate_transformation_mode',
    values: ['half_pixel', 'pytorch_half_pixel', 'tf_half_pixel_for_nn', 'asymmetric', 'align_corners'],
  },
  { operators: 'GridSample', kind: 'ranks', ranks: [4] },
]);
