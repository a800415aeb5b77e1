/** Graphs inside graphs, functions of the model, sequences and optionals. */
import { functionOf, graphOf, type ModelTable } from './model.ts';

const scaled = functionOf('Scaled', 'a b', {
  nodes: [
    ['Mul', 'a b', 'c'],
    ['Relu', 'c', 'd'],
  ],
});
const twice = functionOf('Twice', 'a b', {
  nodes: [
    ['local:Scaled', 'a b', 'c'],
    ['local:Scaled', 'c b', 'd'],
  ],
});

export const GRAPHS: ModelTable = {
  'branches of one shape': {
    inputs: { c: 'bool[]', x: 'float32[N,4]' },
    nodes: [
      [
        'If',
        'c',
        'y',
        {
          then_branch: graphOf({ nodes: [['Relu', 'x', 't']] }),
          else_branch: graphOf({
            nodes: [
              ['Exp', 'x', 'e0'],
              ['Neg', 'e0', 'e'],
            ],
          }),
        },
      ],
    ],
  },
  'branches of other sizes': {
    inputs: { c: 'bool[]', x: 'float32[3,4]', z: 'float32[5,4]' },
    nodes: [
      [
        'If',
        'c',
        'y',
        {
          then_branch: graphOf({ nodes: [['Relu', 'x', 't']] }),
          else_branch: graphOf({ nodes: [['Relu', 'z', 'e']] }),
        },
      ],
    ],
  },
  'branches of other ranks': {
    inputs: { c: 'bool[]', x: 'float32[3,4]' },
    nodes: [
      [
        'If',
        'c',
        'y',
        {
          then_branch: graphOf({ nodes: [['Relu', 'x', 't']] }),
          else_branch: graphOf({
            nodes: [
              ['Flatten', 'x', 'f'],
              ['Shape', 'f', 's'],
              ['ReduceMax', 'x', 'e', { keepdims: 0 }],
            ],
          }),
        },
      ],
    ],
  },
  'a loop that carries a state and stacks a value': {
    inputs: { n: 'int64[]{5}', x: 'float32[N,4]' },
    nodes: [
      [
        'Loop',
        'n _ x',
        'last all',
        {
          body: graphOf({
            inputs: { i: 'int64[]', go: 'bool[]', state: 'float32[N,4]' },
            nodes: [
              ['Identity', 'go', 'on'],
              ['Add', 'state x', 'next'],
              ['ReduceSum', 'next', 'sum', { keepdims: 0 }],
            ],
            outputs: 'on next sum',
          }),
        },
      ],
    ],
  },
  'a loop whose state grows': {
    inputs: { n: 'int64[]', go: 'bool[]', x: 'float32[1,4]' },
    nodes: [
      [
        'Loop',
        'n go x',
        'y',
        {
          body: graphOf({
            inputs: { i: 'int64[]', c: 'bool[]', state: 'float32[K,4]' },
            nodes: [
              ['Identity', 'c', 'on'],
              ['Concat', 'state x', 'next', { axis: 0 }],
            ],
            outputs: 'on next',
          }),
        },
      ],
    ],
  },
  'a scan over time': {
    inputs: { h: 'float32[8]', x: 'float32[T,8]' },
    nodes: [
      [
        'Scan',
        'h x',
        'last all',
        {
          num_scan_inputs: 1,
          body: graphOf({
            inputs: { state: 'float32[8]', step: 'float32[8]' },
            nodes: [
              ['Add', 'state step', 'next'],
              ['Identity', 'next', 'seen'],
            ],
            outputs: 'next seen',
          }),
        },
      ],
    ],
  },
  'a scan along other axes': {
    inputs: { h: 'float32[3]', x: 'float32[3,6]' },
    nodes: [
      [
        'Scan',
        'h x',
        'last all',
        {
          num_scan_inputs: 1,
          scan_input_axes: [1],
          scan_output_axes: [-1],
          body: graphOf({
            inputs: { state: 'float32[3]', step: 'float32[3]' },
            nodes: [
              ['Mul', 'state step', 'next'],
              ['Neg', 'next', 'seen'],
            ],
            outputs: 'next seen',
          }),
        },
      ],
    ],
  },
  'a function of the model, called twice': {
    inputs: { x: 'float32[N,4]', w: 'float32[4]' },
    domains: { local: 1 },
    functions: [scaled, twice],
    nodes: [
      ['local:Twice', 'x w', 'a'],
      ['local:Scaled', 'w w', 'b'],
      ['Add', 'a b', 'y'],
    ],
  },
  'lists of tensors': {
    inputs: { x: 'float32[6,N]', z: 'float32[2,N]', at: 'int64[]{0}', size: 'int64[]{2}', parts: 'int64[2]{2,4}' },
    nodes: [
      ['SequenceConstruct', 'z z', 'list'],
      ['SequenceInsert', 'list x', 'longer'],
      ['SequenceAt', 'list at', 'one'],
      ['SequenceLength', 'longer', 'length'],
      ['SequenceErase', 'longer at', 'shorter'],
      ['SplitToSequence', 'x size', 'pairs'],
      ['SplitToSequence', 'x parts', 'pieces'],
      ['SplitToSequence', 'x', 'rows', { keepdims: 0 }],
      ['ConcatFromSequence', 'pairs', 'joined', { axis: 0 }],
      ['ConcatFromSequence', 'list', 'stacked', { axis: 0, new_axis: 1 }],
      ['SequenceEmpty', '', 'y', { dtype: 7 }],
    ],
  },
  'a graph for each element of a list': {
    inputs: { list: 'seq(float32[2,N])', w: 'float32[N]' },
    opset: 17,
    nodes: [
      [
        'SequenceMap',
        'list w',
        'y',
        {
          body: graphOf({
            inputs: { a: 'float32[2,N]', b: 'float32[N]' },
            nodes: [
              ['Add', 'a b', 'c'],
              ['Flatten', 'c', 'd', { axis: 0 }],
            ],
            outputs: 'd',
          }),
        },
      ],
    ],
  },
  'values that may be absent': {
    inputs: { x: 'float32[2,N]', o: 'opt(seq(float32[3]))' },
    nodes: [
      ['Optional', 'x', 'wrapped'],
      ['OptionalGetElement', 'wrapped', 'a'],
      ['OptionalHasElement', 'wrapped', 'b'],
      ['OptionalGetElement', 'o', 'c'],
      ['Identity', 'o', 'y'],
    ],
  },
};
