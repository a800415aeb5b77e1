/** Sizes that are calculated in the graph, and the operators that they are calculated for. */
import type { ModelTable } from './model.ts';

export const SIZES: ModelTable = {
  'batch kept by Shape, Gather, Concat and Reshape': {
    inputs: { x: 'float32[B,3,4]', zero: 'int64[]{0}', first: 'int64[1]{0}', rest: 'int64[1]{-1}' },
    nodes: [
      ['Shape', 'x', 'shape'],
      ['Gather', 'shape zero', 'batch'],
      ['Unsqueeze', 'batch first', 'list'],
      ['Concat', 'list rest', 'wanted', { axis: 0 }],
      ['Reshape', 'x wanted', 'y'],
    ],
  },
  'a product of sizes': {
    inputs: { x: 'float32[2,3,H,W]', low: 'int64[1]{2}', high: 'int64[1]{4}', rest: 'int64[2]{2,-1}' },
    nodes: [
      ['Shape', 'x', 'shape'],
      ['Slice', 'shape low high', 'spatial'],
      ['ReduceProd', 'spatial', 'area'],
      ['Reshape', 'x rest', 'rows'],
      ['Size', 'x', 'all'],
      ['Concat', 'area low', 'y', { axis: 0 }],
    ],
  },
  'part of a shape, and of a shape in part': {
    inputs: { x: 'float32[N,3,5,7]' },
    nodes: [
      ['Shape', 'x', 'end', { start: -2 }],
      ['Shape', 'x', 'middle', { start: 1, end: 4 }],
      ['ConstantOfShape', 'end', 'zeros'],
      ['Expand', 'zeros middle', 'y'],
    ],
    outputs: 'end middle y',
  },
  'positions up to the length of a sequence': {
    inputs: { ids: 'int64[B,S]', zero: 'int64[]{0}', one: 'int64[]{1}', first: 'int64[1]{0}', length: 'int64[]{12}' },
    nodes: [
      ['Range', 'zero length one', 'known'],
      ['Shape', 'ids', 'shape'],
      ['Gather', 'shape one', 'steps'],
      ['Range', 'zero steps one', 'positions'],
      ['Unsqueeze', 'positions first', 'row'],
      ['Expand', 'row shape', 'y'],
    ],
  },
  'reshaping with 0 and -1': {
    inputs: {
      ...{
        x: 'float32[2,3,4,5]',
        a: 'int64[3]{0,-1,5}',
        b: 'int64[1]{-1}',
        c: 'int64[4]{4,0,-1,1}',
        d: 'float32[0,4]',
      },
      ...{ e: 'int64[2]{0,8}' },
    },
    nodes: [
      ['Reshape', 'x a', 'three'],
      ['Reshape', 'x b', 'flat'],
      ['Reshape', 'x c', 'four'],
      ['Reshape', 'd e', 'empty', { allowzero: 1 }],
      ['Flatten', 'x', 'y', { axis: -2 }],
    ],
  },
  'axes put in and taken out': {
    inputs: { x: 'float32[1,N,1,4]', a: 'int64[2]{0,2}', b: 'int64[2]{-1,1}', c: 'int64[1]{0}' },
    nodes: [
      ['Squeeze', 'x a', 'less'],
      ['Unsqueeze', 'less b', 'more'],
      ['Squeeze', 'more b', 'again'],
      ['Transpose', 'x', 'turned'],
      ['Unsqueeze', 'again c', 'y'],
    ],
  },
  'slices from both ends': {
    inputs: {
      ...{
        x: 'float32[10,20,N]',
        s: 'int64[2]{1,-5}',
        e: 'int64[2]{100,-1}',
        axes: 'int64[2]{0,-2}',
        p: 'int64[2]{2,1}',
      },
      ...{ back: 'int64[1]{-1}', begin: 'int64[1]{-1}', stop: 'int64[1]{-1000}', zero: 'int64[1]{0}' },
    },
    nodes: [
      ['Slice', 'x s e axes p', 'some'],
      ['Slice', 'x begin stop zero back', 'reversed'],
      ['Slice', 'x s e', 'y'],
    ],
  },
  'split in equal, given and uneven parts': {
    inputs: { x: 'float32[7,6]', sizes: 'int64[2]{2,5}' },
    nodes: [
      ['Split', 'x', 'a b c', { axis: 1, num_outputs: 3 }],
      ['Split', 'x sizes', 'd e'],
      ['Split', 'x', 'f g', { num_outputs: 2 }],
      ['Concat', 'd e f', 'y', { axis: 0 }],
    ],
  },
  'padded, tiled and repeated': {
    inputs: {
      ...{ x: 'float32[2,N,4]', pads: 'int64[6]{0,0,1,0,0,-2}', some: 'int64[2]{1,2}', axes: 'int64[1]{2}' },
      ...{ repeats: 'int64[3]{2,1,3}', zero: 'float32[]{0}' },
    },
    nodes: [
      ['Pad', 'x pads', 'cropped'],
      ['Pad', 'x some zero axes', 'wide'],
      ['Tile', 'wide repeats', 'y'],
    ],
  },
  'reductions with and without their axes': {
    inputs: { x: 'float32[2,N,4]', last: 'int64[1]{-1}', two: 'int64[2]{0,2}', none: 'int64[0]{}' },
    nodes: [
      ['ReduceSum', 'x last', 'a'],
      ['ReduceMax', 'x two', 'b', { keepdims: 0 }],
      ['ReduceMean', 'x', 'c'],
      ['ReduceMin', 'x', 'd', { keepdims: 0 }],
      ['ReduceL2', 'x none', 'e', { noop_with_empty_axes: 1 }],
      ['ArgMax', 'x', 'f', { axis: 2, keepdims: 0 }],
      ['ArgMin', 'x', 'y', { axis: -2 }],
    ],
  },
  'the largest, one hot, not zero': {
    inputs: { x: 'float32[N,100]', k: 'int64[1]{5}', depth: 'int64[]{10}', values: 'float32[2]{0,1}' },
    nodes: [
      ['TopK', 'x k', 'best places'],
      ['OneHot', 'places depth values', 'hot', { axis: 1 }],
      ['NonZero', 'x', 'found'],
      ['Transpose', 'found', 'y'],
    ],
  },
  'gathered and scattered': {
    inputs: {
      ...{ x: 'float32[4,5,N]', rows: 'int64[2,3]', same: 'int64[4,2,N]', pairs: 'int64[7,2]', batch: 'int64[4,7,1]' },
      ...{ updates: 'float32[7,N]', flags: 'bool[5]', lengths: 'int64[5]' },
    },
    nodes: [
      ['Gather', 'x rows', 'a', { axis: 1 }],
      ['GatherElements', 'x same', 'b', { axis: 1 }],
      ['GatherND', 'x pairs', 'c'],
      ['GatherND', 'x batch', 'd', { batch_dims: 1 }],
      ['ScatterND', 'x pairs updates', 'e'],
      ['Compress', 'x flags', 'f', { axis: 1 }],
      ['ReverseSequence', 'e lengths', 'y', { time_axis: 0, batch_axis: 1 }],
    ],
  },
  'broadcast in every direction': {
    inputs: { a: 'float32[N,1,4]', b: 'float32[3,1]', c: 'float32[]', d: 'bool[N,3,1]', e: 'float32[1,1,1,4]' },
    nodes: [
      ['Add', 'a b', 'x'],
      ['Mul', 'x c', 'scaled'],
      ['Where', 'd scaled b', 'chosen'],
      ['Max', 'a b e', 'most'],
      ['Greater', 'most chosen', 'y'],
    ],
  },
  'sums over named axes': {
    inputs: { a: 'float32[B,I,4]', b: 'float32[B,4,7]', s: 'float32[5,5]' },
    nodes: [
      ['Einsum', 'a b', 'product', { equation: 'bij,bjk->bik' }],
      ['Einsum', 'a', 'turned', { equation: 'bij->jib' }],
      ['Einsum', 's', 'diagonal', { equation: 'ii->i' }],
      ['Einsum', 'a b', 'dots', { equation: '...ij,...jk->...ik' }],
      ['Einsum', 'a a', 'y', { equation: 'bij, bij' }],
    ],
  },
  'products of matrices of every rank': {
    inputs: { v: 'float32[4]', m: 'float32[3,4]', t: 'float32[N,1,4,5]', u: 'float32[6,5,2]', sq: 'float32[B,3,3]' },
    nodes: [
      ['MatMul', 'm v', 'a'],
      ['MatMul', 'v t', 'b'],
      ['MatMul', 't u', 'c'],
      ['MatMul', 'v v', 'd'],
      ['Gemm', 'm m', 'e', { transA: 1 }],
      ['Det', 'sq', 'y'],
    ],
  },
  'types that change': {
    inputs: { x: 'float32[N,4]', h: 'float16[2]', f: 'uint8[3,1]' },
    nodes: [
      ['Cast', 'x', 'a', { to: 10 }],
      ['CastLike', 'x h', 'b'],
      ['IsNaN', 'x', 'c'],
      ['Not', 'c', 'd'],
      ['EyeLike', 'x', 'e', { dtype: 7 }],
      ['BitShift', 'f f', 'g', { direction: 'LEFT' }],
      ['Shape', 'h', 'y'],
    ],
  },
  'a constant in each form': {
    inputs: { x: 'float32[3]' },
    nodes: [
      ['Constant', '', 'a', { value_int: 7 }],
      ['Constant', '', 'b', { value_ints: [2, 3] }],
      ['Constant', '', 'c', { value_string: 'text' }],
      ['Constant', '', 'd', { value_floats: [0.5, 1.5, 2.5] }],
      ['Constant', '', 'e', { value: { dataType: 'int32', dims: [2, 1], data: Int32Array.of(1, 2) } }],
      ['ConstantOfShape', 'b', 'y'],
    ],
  },
};
