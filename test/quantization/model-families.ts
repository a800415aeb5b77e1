/** Small models of the kinds that users bring; each has one float input `x` and one float output `y`. */
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { numberToHalf } from '../../src/onnx/half.ts';
import type { OnnxModel } from '../../src/onnx/open.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { type SmallModel, smallModel, wave } from './small-models.ts';

export interface Family {
  readonly title: string;
  /** Dims of one sample. */
  readonly sample: readonly number[];
  make(): OnnxModel;
}

const ints = (...values: number[]): HostTensor => ({
  dataType: 'int64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const scaled = (tensor: HostTensor, factor: number): HostTensor => ({
  ...tensor,
  data: (tensor.data as Float32Array).map((value) => value * factor),
});
const family = (title: string, sample: readonly number[], parts: Omit<SmallModel, 'input'>): Family => ({
  title,
  sample,
  make: () => smallModel({ input: sample, opset: 17, ...parts }),
});

const perceptron = (opset: number): Family =>
  family(`a perceptron of opset ${opset}`, [2, 16], {
    opset,
    nodes: [
      makeNode('Gemm', ['x', 'w', 'b'], ['hidden'], { name: 'first' }),
      makeNode('Relu', ['hidden'], ['active'], { name: 'relu' }),
      makeNode('MatMul', ['active', 'v'], ['y'], { name: 'second' }),
    ],
    weights: { w: wave([16, 32]), b: wave([32], 2), v: wave([32, 4], 3) },
  });

const transformer: Family = family('a transformer block', [1, 6, 32], {
  nodes: [
    ...normalization('x', 'n'),
    ...['q', 'k', 'v'].map((name) => makeNode('MatMul', ['n', `w${name}`], [name], { name: `project_${name}` })),
    makeNode('Transpose', ['k'], ['kt'], { attributes: { perm: [0n, 2n, 1n] } }),
    makeNode('MatMul', ['q', 'kt'], ['scores']),
    makeNode('Softmax', ['scores'], ['share'], { attributes: { axis: -1n } }),
    makeNode('MatMul', ['share', 'v'], ['mixed']),
    makeNode('Add', ['x', 'mixed'], ['r']),
    makeNode('MatMul', ['r', 'w1'], ['up'], { name: 'up' }),
    makeNode('Add', ['up', 'b1'], ['biased']),
    makeNode('Relu', ['biased'], ['active']),
    makeNode('MatMul', ['active', 'w2'], ['down'], { name: 'down' }),
    makeNode('Add', ['r', 'down'], ['y']),
  ],
  weights: {
    gain: wave([32], 9),
    shift: wave([32], 8),
    wq: scaled(wave([32, 32], 1), 0.3),
    wk: scaled(wave([32, 32], 2), 0.3),
    wv: wave([32, 32], 3),
    w1: wave([32, 64], 4),
    b1: wave([64], 5),
    w2: scaled(wave([64, 32], 6), 0.3),
  },
});

function normalization(input: string, output: string): NodeProto[] {
  return [
    makeNode('LayerNormalization', [input, 'gain', 'shift'], [output], { attributes: { axis: -1n }, name: 'norm' }),
  ];
}

/** One branch of an If with a weight of its own and one of the graph around it. */
function branch(name: string, own: HostTensor): ReturnType<typeof makeGraph> {
  return makeGraph({
    name,
    nodes: [
      makeNode('MatMul', ['x', `${name}_w`], [`${name}_h`], { name: `${name}_first` }),
      makeNode('MatMul', [`${name}_h`, 'shared'], [`${name}_y`], { name: `${name}_second` }),
    ],
    inputs: [],
    outputs: [makeValueInfo(`${name}_y`, 'float32', [2, 8])],
    initializers: [makeTensor(`${name}_w`, own)],
  });
}

const branches: Family = family('weights inside the branches of an If', [2, 16], {
  nodes: [
    makeNode('ReduceSum', ['x'], ['total'], { attributes: { keepdims: 0n } }),
    makeNode('Greater', ['total', 'zero'], ['condition']),
    makeNode('If', ['condition'], ['chosen'], {
      name: 'choose',
      attributes: { then_branch: branch('then', wave([16, 16], 2)), else_branch: branch('else', wave([16, 16], 3)) },
    }),
    makeNode('MatMul', ['chosen', 'w'], ['y'], { name: 'last' }),
  ],
  weights: {
    zero: { dataType: 'float32', dims: [], data: Float32Array.of(0) },
    shared: wave([16, 8], 4),
    w: wave([8, 4], 5),
  },
});

const loop: Family = family('a Loop with a weight of the graph around it', [2, 16], {
  nodes: [
    makeNode('Loop', ['trips', '', 'x'], ['last'], {
      name: 'loop',
      attributes: {
        body: makeGraph({
          name: 'body',
          nodes: [
            makeNode('Identity', ['go'], ['go_on']),
            makeNode('MatMul', ['state', 'shared'], ['product'], { name: 'step' }),
            makeNode('Tanh', ['product'], ['next']),
          ],
          inputs: [
            makeValueInfo('turn', 'int64', []),
            makeValueInfo('go', 'bool', []),
            makeValueInfo('state', 'float32', [2, 16]),
          ],
          outputs: [makeValueInfo('go_on', 'bool', []), makeValueInfo('next', 'float32', [2, 16])],
        }),
      },
    }),
    makeNode('MatMul', ['last', 'w'], ['y'], { name: 'head' }),
  ],
  weights: {
    trips: { dataType: 'int64', dims: [], data: BigInt64Array.of(2n) },
    shared: scaled(wave([16, 16], 4), 0.5),
    w: wave([16, 4], 5),
  },
});

const half = (tensor: HostTensor): HostTensor => ({
  dataType: 'float16',
  dims: tensor.dims,
  data: Uint16Array.from(tensor.data as Float32Array, numberToHalf),
});

export const FAMILIES: readonly Family[] = [
  ...[8, 10, 11, 13, 17, 21].map(perceptron),
  family('convolutions, one of them depthwise', [1, 3, 12, 12], {
    nodes: [
      makeNode('Conv', ['x', 'w1', 'b1'], ['a'], { name: 'stem', attributes: { pads: [1n, 1n, 1n, 1n] } }),
      makeNode('Relu', ['a'], ['ra']),
      makeNode('Conv', ['ra', 'w2', 'b2'], ['d'], {
        name: 'depthwise',
        attributes: { group: 16n, pads: [1n, 1n, 1n, 1n] },
      }),
      makeNode('Relu', ['d'], ['rd']),
      makeNode('Conv', ['rd', 'w3'], ['p'], { name: 'pointwise' }),
      makeNode('GlobalAveragePool', ['p'], ['g']),
      makeNode('Flatten', ['g'], ['f']),
      makeNode('MatMul', ['f', 'w4'], ['y'], { name: 'head' }),
    ],
    weights: {
      w1: wave([16, 3, 3, 3], 1),
      b1: wave([16], 2),
      w2: wave([16, 1, 3, 3], 3),
      b2: wave([16], 4),
      w3: wave([32, 16, 1, 1], 5),
      w4: wave([32, 4], 6),
    },
  }),
  transformer,
  family('an LSTM', [5, 1, 16], {
    nodes: [
      makeNode('LSTM', ['x', 'w', 'r', 'b'], ['all'], { name: 'lstm', attributes: { hidden_size: 16n } }),
      makeNode('Squeeze', ['all', 'axis'], ['flat']),
      makeNode('MatMul', ['flat', 'v'], ['y'], { name: 'head' }),
    ],
    weights: {
      w: scaled(wave([1, 64, 16], 1), 0.5),
      r: scaled(wave([1, 64, 16], 2), 0.5),
      b: wave([1, 128], 3),
      v: wave([16, 4], 4),
      axis: ints(1),
    },
  }),
  branches,
  loop,
  family('an embedding that is tied to the head', [2, 4], {
    nodes: [
      makeNode('Cast', ['x'], ['scaled'], { attributes: { to: 7n } }),
      makeNode('Abs', ['scaled'], ['ids']),
      makeNode('Gather', ['table', 'ids'], ['embedded'], { name: 'embed' }),
      makeNode('Transpose', ['table'], ['turned'], { attributes: { perm: [1n, 0n] } }),
      makeNode('MatMul', ['embedded', 'w'], ['hidden'], { name: 'middle' }),
      makeNode('MatMul', ['hidden', 'turned'], ['y'], { name: 'head' }),
    ],
    weights: { table: wave([8, 32]), w: wave([32, 32], 2) },
  }),
  family('a stack of matrices as weight', [3, 2, 16], {
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'stack' })],
    weights: { w: wave([3, 16, 8]) },
  }),
  family('one bias for two layers of different ranges', [2, 16], {
    nodes: [
      makeNode('Gemm', ['x', 'w', 'b'], ['h'], { name: 'first' }),
      makeNode('Gemm', ['h', 'v', 'b'], ['y'], { name: 'second', attributes: { transB: 1n } }),
    ],
    weights: { w: wave([16, 16]), v: scaled(wave([16, 16], 2), 20), b: wave([16], 3) },
  }),
  family('weights of float16', [2, 16], {
    nodes: [
      makeNode('Cast', ['x'], ['xh'], { attributes: { to: 10n } }),
      makeNode('MatMul', ['xh', 'w'], ['h'], { name: 'first' }),
      makeNode('Cast', ['h'], ['y'], { attributes: { to: 1n } }),
    ],
    weights: { w: half(wave([16, 32])) },
  }),
  family('nodes without names', [2, 16], {
    nodes: [
      makeNode('MatMul', ['x', 'w'], ['h']),
      makeNode('Relu', ['h'], ['r']),
      makeNode('MatMul', ['r', 'v'], ['y']),
    ],
    weights: { w: wave([16, 32]), v: wave([32, 4], 3) },
  }),
  family('weights that are inputs too, as in files of IR 3', [2, 16], {
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'], { name: 'only' })],
    weights: { w: wave([16, 32]) },
    opset: 8,
    hasOverridableWeights: true,
  }),
  family('a bias of two dims', [2, 16], {
    nodes: [makeNode('Gemm', ['x', 'w', 'b'], ['y'], { name: 'only' })],
    weights: { w: wave([16, 32]), b: wave([1, 32], 2) },
  }),
];
