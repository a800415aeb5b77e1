/** Parts of networks as exporters write them. Weights are inputs: only their shapes count here. */
import type { ModelTable } from './model.ts';

export const NETWORKS: ModelTable = {
  'convolution, normalization, pooling, classifier': {
    inputs: {
      ...{ x: 'float32[N,3,33,32]', w: 'float32[16,3,3,3]', scale: 'float32[16]', shift: 'float32[16]' },
      ...{ mean: 'float32[16]', variance: 'float32[16]', head: 'float32[10,4096]', bias: 'float32[10]' },
    },
    nodes: [
      ['Conv', 'x w', 'convolved', { pads: [1, 1, 1, 1] }],
      ['BatchNormalization', 'convolved scale shift mean variance', 'normalized'],
      ['Relu', 'normalized', 'active'],
      ['MaxPool', 'active', 'pooled indices', { kernel_shape: [2, 2], strides: [2, 2] }],
      ['Flatten', 'pooled', 'flat'],
      ['Gemm', 'flat head bias', 'logits', { transB: 1 }],
      ['Softmax', 'logits', 'y', { axis: 1 }],
    ],
  },
  'residual block with a stride': {
    inputs: { x: 'float32[N,C,H,W]', w1: 'float32[8,C,3,3]', w2: 'float32[8,8,3,3]', w3: 'float32[8,C,1,1]' },
    nodes: [
      ['Conv', 'x w1', 'a', { pads: [1, 1, 1, 1], strides: [2, 2] }],
      ['LeakyRelu', 'a', 'b'],
      ['Conv', 'b w2', 'c', { pads: [1, 1, 1, 1] }],
      ['Conv', 'x w3', 'd', { strides: [2, 2] }],
      ['Add', 'c d', 'y'],
    ],
  },
  'depthwise convolution and the SAME paddings': {
    inputs: { x: 'float32[1,8,33,17]', w: 'float32[8,1,5,3]', v: 'float32[8,1,4,2]' },
    nodes: [
      ['Conv', 'x w', 'a', { group: 8, auto_pad: 'SAME_UPPER', strides: [2, 3] }],
      ['Conv', 'x v', 'b', { group: 8, auto_pad: 'SAME_LOWER', strides: [1, 2] }],
      ['Conv', 'x w', 'y', { group: 8, auto_pad: 'VALID', dilations: [2, 2] }],
    ],
  },
  'pooling in all ways': {
    inputs: { x: 'float32[2,4,15,15]' },
    nodes: [
      ['MaxPool', 'x', 'floor', { kernel_shape: [2, 2], strides: [2, 2] }],
      ['MaxPool', 'x', 'ceil', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
      ['AveragePool', 'x', 'padded', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }],
      ['MaxPool', 'x', 'dilated', { kernel_shape: [3, 3], dilations: [2, 2] }],
      ['LpPool', 'x', 'lp', { kernel_shape: [3, 2] }],
      ['GlobalAveragePool', 'x', 'global'],
      ['GlobalMaxPool', 'global', 'y'],
    ],
  },
  'transposed convolutions': {
    inputs: { x: 'float32[N,4,7,9]', w: 'float32[4,2,3,3]' },
    nodes: [
      ['ConvTranspose', 'x w', 'a', { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }],
      ['ConvTranspose', 'x w', 'b', { strides: [2, 2], output_shape: [14, 18] }],
      ['ConvTranspose', 'x w', 'y', { strides: [3, 2], dilations: [2, 2], group: 2 }],
    ],
  },
  'pictures made larger and smaller': {
    inputs: {
      ...{ x: 'float32[N,12,20,30]', scales: 'float32[4]{1,1,2,0.5}', sizes: 'int64[4]{1,12,40,40}' },
      ...{ two: 'int64[2]{10,45}', factors: 'float32[2]{1.5,1.5}' },
    },
    nodes: [
      ['Resize', 'x _ scales', 'scaled'],
      ['Resize', 'x _ _ two', 'sized', { axes: [2, 3] }],
      ['Resize', 'x _ _ two', 'smaller', { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }],
      ['Resize', 'x _ factors', 'turned', { axes: [3, 2], mode: 'linear' }],
      ['DepthToSpace', 'x', 'wide', { blocksize: 2 }],
      ['SpaceToDepth', 'x', 'y', { blocksize: 2 }],
    ],
  },
  'recurrent layers': {
    inputs: {
      ...{ x: 'float32[T,B,8]', w: 'float32[2,64,8]', r: 'float32[2,64,16]', wg: 'float32[1,48,8]' },
      ...{ rg: 'float32[1,48,16]', wr: 'float32[1,16,8]', rr: 'float32[1,16,16]' },
    },
    nodes: [
      ['LSTM', 'x w r', 'y h c', { hidden_size: 16, direction: 'bidirectional' }],
      ['GRU', 'x wg rg', 'gy gh', { hidden_size: 16 }],
      ['RNN', 'x wr rr', 'ry rh', { hidden_size: 16, layout: 1 }],
      ['Transpose', 'y', 'turned', { perm: [2, 0, 1, 3] }],
      ['Squeeze', 'gy', 'last'],
    ],
  },
  'attention by hand': {
    inputs: { x: 'float32[B,S,64]', w: 'float32[64,192]', split: 'int64[4]{0,0,4,16}', join: 'int64[3]{0,0,64}' },
    nodes: [
      ['MatMul', 'x w', 'qkv'],
      ['Split', 'qkv', 'q0 k0 v0', { axis: -1, num_outputs: 3 }],
      ['Reshape', 'q0 split', 'q1'],
      ['Reshape', 'k0 split', 'k1'],
      ['Reshape', 'v0 split', 'v1'],
      ['Transpose', 'q1', 'q', { perm: [0, 2, 1, 3] }],
      ['Transpose', 'k1', 'k', { perm: [0, 2, 3, 1] }],
      ['Transpose', 'v1', 'v', { perm: [0, 2, 1, 3] }],
      ['MatMul', 'q k', 'scores'],
      ['Softmax', 'scores', 'weights'],
      ['MatMul', 'weights v', 'heads'],
      ['Transpose', 'heads', 'merged', { perm: [0, 2, 1, 3] }],
      ['Reshape', 'merged join', 'y'],
    ],
  },
  'layer normalization, whole and in pieces': {
    inputs: { x: 'float32[B,S,64]', scale: 'float32[64]', axes: 'int64[1]{-1}', two: 'float32[]{2}' },
    nodes: [
      ['ReduceMean', 'x axes', 'mean'],
      ['Sub', 'x mean', 'centred'],
      ['Pow', 'centred two', 'squared'],
      ['ReduceMean', 'squared axes', 'variance'],
      ['Sqrt', 'variance', 'deviation'],
      ['Div', 'centred deviation', 'normalized'],
      ['LayerNormalization', 'normalized scale', 'y means deviations'],
    ],
  },
  'embedding and its mask': {
    inputs: { ids: 'int64[B,S]', table: 'float32[1000,64]', one: 'int64[1]{1}', many: 'float32[]{-10000}' },
    nodes: [
      ['Gather', 'table ids', 'words'],
      ['Unsqueeze', 'ids one', 'wide'],
      ['Cast', 'wide', 'mask', { to: 1 }],
      ['Mul', 'mask many', 'bias'],
      ['Dropout', 'words', 'y kept'],
    ],
  },
  'quantized convolution and products': {
    inputs: {
      ...{ x: 'float32[N,3,8,8]', s: 'float32[]{0.5}', z: 'uint8[]{128}', w: 'uint8[4,3,3,3]', m: 'uint8[8,5]' },
      ...{ ws: 'float32[4]', wz: 'uint8[4]' },
    },
    nodes: [
      ['QuantizeLinear', 'x s z', 'q'],
      ['QLinearConv', 'q s z w s z s z', 'convolved', { pads: [1, 1, 1, 1] }],
      ['ConvInteger', 'q w', 'sums'],
      ['QLinearMatMul', 'convolved s z m s z s z', 'product'],
      ['DequantizeLinear', 'product s z', 'floats'],
      ['DequantizeLinear', 'w ws wz', 'weights', { axis: 0 }],
      ['DynamicQuantizeLinear', 'floats', 'again scale zero'],
      ['MatMulInteger', 'q m', 'y'],
    ],
  },
};
