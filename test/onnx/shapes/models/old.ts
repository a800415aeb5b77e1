/** Operators as they were in older operator sets: attributes that are inputs now, axes with another meaning. */
import type { ModelTable } from './model.ts';

export const OLD: ModelTable = {
  'opset 6: limited broadcasting': {
    inputs: { x: 'float32[2,3,4]', b: 'float32[3]' },
    opset: 6,
    nodes: [
      ['Add', 'x b', 'a', { broadcast: 1, axis: 1 }],
      ['Mul', 'a x', 'y'],
    ],
  },
  'opset 7: attributes of Slice, Pad, Clip, Upsample and TopK': {
    inputs: { x: 'float32[N,3,10,8]', s: 'float32[3]' },
    opset: 7,
    nodes: [
      ['Slice', 'x', 'a', { starts: [2, -3], ends: [9, 1000], axes: [2, 3] }],
      ['Pad', 'x', 'b', { pads: [0, 0, 1, 2, 0, 0, 3, 4] }],
      ['Clip', 'x', 'c'],
      ['Upsample', 'x', 'd', { scales: [1, 1, 2.5, 1.5] }],
      ['TopK', 'x', 'e f', { k: 2, axis: -1 }],
      ['Dropout', 'x', 'g h'],
      ['BatchNormalization', 'x s s s s', 'y'],
    ],
  },
  'opset 9: lists of sizes': {
    inputs: { x: 'float32[N,3,10,8]', scales: 'float32[4]{1,1,2,2}', shape: 'int64[2]{2,3}', s: 'float32[3]' },
    opset: 9,
    nodes: [
      ['Upsample', 'x scales', 'a'],
      ['ConstantOfShape', 'shape', 'b'],
      ['Flatten', 'x', 'c'],
      ['Softmax', 'c', 'd'],
      ['BatchNormalization', 'x s s s s', 'y'],
    ],
  },
  'opset 10: Resize by scales, Slice by inputs': {
    inputs: {
      x: 'float32[1,3,10,8]',
      scales: 'float32[4]{1,1,2,0.5}',
      s: 'int64[1]{1}',
      e: 'int64[1]{9}',
      a: 'int64[1]{2}',
      k: 'float32[]',
    },
    opset: 10,
    nodes: [
      ['Resize', 'x scales', 'a1'],
      ['Slice', 'x s e a', 'b'],
      ['TopK', 'x s', 'c d'],
      ['QuantizeLinear', 'x k', 'y'],
    ],
  },
  'opset 11: axes as attributes': {
    inputs: { x: 'float32[1,3,1,8]' },
    opset: 11,
    nodes: [
      ['Squeeze', 'x', 'a', { axes: [0, 2] }],
      ['Unsqueeze', 'a', 'b', { axes: [-1, 0] }],
      ['ReduceSum', 'x', 'c', { axes: [1], keepdims: 0 }],
      ['Split', 'x', 'd e', { axis: 3, split: [2, 6] }],
      ['ReduceMean', 'x', 'y', { axes: [-1] }],
    ],
  },
  'opset 13: axes as inputs of some': {
    inputs: { x: 'float32[1,3,1,8]', axes: 'int64[2]{0,2}', sizes: 'int64[2]{2,6}' },
    opset: 13,
    nodes: [
      ['Squeeze', 'x axes', 'a'],
      ['ReduceSum', 'x axes', 'b'],
      ['ReduceMax', 'x', 'c', { axes: [1] }],
      ['Split', 'x sizes', 'd e', { axis: -1 }],
      ['Hardmax', 'x', 'y'],
    ],
  },
  'opset 14: statistics of a training normalization': {
    inputs: { x: 'float16[N,3,4]', s: 'float16[3]', m: 'float32[3]' },
    opset: 15,
    nodes: [
      ['BatchNormalization', 'x s s m m', 'y mean variance', { training_mode: 1 }],
      ['InstanceNormalization', 'y s s', 'z'],
    ],
  },
  'opset 28 with newer types': {
    inputs: { x: 'bfloat16[N,8]', z: 'int4[4,8]', s: 'float32[4]', g: 'bfloat16[N,8]' },
    opset: 28,
    nodes: [
      ['SwiGLU', 'x g', 'a'],
      ['DequantizeLinear', 'z s', 'b', { axis: 0 }],
      ['BitCast', 'x', 'c', { to: 5 }],
      ['Gelu', 'x', 'd'],
      ['QuantizeLinear', 'b s', 'y', { axis: 0, output_dtype: 22 }],
    ],
  },
};
