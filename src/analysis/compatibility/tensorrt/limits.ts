/**
 * What the parser of TensorRT asks of nodes that it can import. Source: the restrictions in docs/operators.md of
 * onnx/onnx-tensorrt for TensorRT 10.15, as far as the structure of a model shows them.
 */
import { Limits } from '../limits.ts';

const REDUCTIONS =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';

export const TENSORRT_LIMITS = new Limits([
  { operators: `${REDUCTIONS} CumSum OneHot Squeeze Unsqueeze STFT`, kind: 'constant input', input: 1 },
  { operators: 'STFT Dropout', kind: 'constant input', input: 2 },
  { operators: 'LayerNormalization MaxPool Attention', kind: 'outputs', most: 1 },
  { operators: 'AveragePool LpPool MaxPool', kind: 'all', attribute: 'dilations', value: 1 },
  { operators: 'AveragePool MaxPool', kind: 'ranks', ranks: [4, 5] },
  { operators: 'GridSample Attention TensorScatter', kind: 'ranks', ranks: [4] },
  { operators: 'TensorScatter', kind: 'one of', attribute: 'axis', values: [-2] },
  { operators: 'LSTM', kind: 'one of', attribute: 'input_forget', values: [0] },
  { operators: 'LSTM', kind: 'one of', attribute: 'layout', values: [0] },
  { operators: 'LSTM GRU RNN', kind: 'equal halves', attribute: 'activations' },
  { operators: 'If', kind: 'equal ranks of branches' },
  { operators: 'TopK', kind: 'one of', attribute: 'sorted', values: [1] },
  { operators: 'ScatterND', kind: 'one of', attribute: 'reduction', values: ['none'] },
  { operators: 'Resize', kind: 'one of', attribute: 'mode', values: ['nearest', 'linear'] },
  {
    operators: 'Resize',
    kind: 'one of',
    attribute: 'coordinate_transformation_mode',
    values: ['half_pixel', 'pytorch_half_pixel', 'tf_half_pixel_for_nn', 'asymmetric', 'align_corners'],
  },
  {
    operators: 'Resize',
    kind: 'one of',
    attribute: 'nearest_mode',
    values: ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'],
  },
  { operators: 'Resize', kind: 'one of', attribute: 'keep_aspect_ratio_policy', values: ['stretch'] },
  { operators: 'Resize', kind: 'one of', attribute: 'antialias', values: [0] },
  { operators: 'Attention', kind: 'no input', input: 4 },
  { operators: 'Attention', kind: 'no input', input: 5 },
  { operators: 'Attention', kind: 'no input', input: 6 },
  { operators: 'Attention', kind: 'no attribute', attribute: 'softcap' },
  { operators: 'Attention', kind: 'no attribute', attribute: 'qk_matmul_output_mode' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'sparse_value' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'value_string' },
  { operators: 'Constant', kind: 'no attribute', attribute: 'value_strings' },
]);
