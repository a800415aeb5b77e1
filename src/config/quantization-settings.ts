/** The section `quantization` of the table of settings. */
import { choice, decimal, integer, optionalInteger, texts, yesNo } from './setting.ts';

export const QUANTIZATION = {
  methods: texts(
    ['static-int8', 'dynamic-int8'],
    'Quantizers that create tries; a search tries all unless this is given.',
    { flag: '--methods' },
  ),
  target: choice(
    ['any', 'cpu', 'cuda', 'tensorrt', 'edge'],
    'any',
    'Where the model will run: methods that are slow or wrong there are refused; settings that nobody gives are those that suit it.',
    { flag: '--target' },
  ),
  insist: yesNo(false, 'Quantize with a method that is not for the target nevertheless.', { flag: '--insist' }),
  calibrationSamples: optionalInteger('Samples for calibration; null: half, at most 128.', {
    min: 1,
    flag: '--calibration-samples',
  }),
  seed: integer(0, 'Seed of the shuffle that splits the data and of random samples.', { min: 0, flag: '--seed' }),
  perChannel: yesNo(true, 'One scale per output channel of a weight.'),
  reduceRange: yesNo(false, '7-bit weights, for x64 processors without VNNI.'),
  floatStem: yesNo(true, 'Convolutions of few channels at the entrance of the network stay float (static-int8).'),
  equalization: yesNo(true, 'Channels between convolutions get the same span where that loses less (static-int8).'),
  biasCorrection: yesNo(true, 'Biases take back the mean error of rounded weights (static-int8).'),
  rangeSearch: yesNo(true, 'Ranges behind activation functions are chosen by the results of the model (static-int8).'),
  smoothing: yesNo(
    true,
    'Outliers of activations move into the weights where samples show that it helps (dynamic-int8).',
  ),
  calibrationMethod: choice(
    ['minmax', 'moving-average', 'percentile', 'mse', 'entropy', 'auto'],
    'minmax',
    'How ranges of activations come from the samples; auto takes the one with the least error (static-int8).',
    { flag: '--calibration-method' },
  ),
  calibrationCache: yesNo(
    true,
    'What calibration saw is kept in the catalog for the next run with the same model and samples; --no-calibration-cache runs them anew (static-int8).',
    { flag: '--calibration-cache' },
  ),
  percentile: decimal(99.999, 'Percent of the values that a range holds with the method percentile.', {
    above: 50,
    max: 100,
  }),
  activationType: choice(
    ['uint8', 'int8', 'uint16', 'int16'],
    'uint8',
    'Integers of activations: uint8 for x64, int8 for ARM64; with 16 bits CPUs compute in float32 (static-int8).',
    { flag: '--activation-type' },
  ),
  activationSymmetric: yesNo(false, 'Ranges of activations reach as far below 0 as above (static-int8).'),
  weightType: choice(
    ['int8', 'uint8'],
    'int8',
    'Integers of weights: int8 symmetric, uint8 with zero points (static-int8).',
    { flag: '--weight-type' },
  ),
  quantizeBias: yesNo(true, 'Biases become int32; TensorRT takes float ones only (static-int8).'),
  quantizeOutputs: yesNo(
    true,
    'Outputs of convolutions become integers, Relu and Clip behind them are absorbed; TensorRT wants inputs only (static-int8).',
  ),
  opTypes: texts(['Conv', 'ConvTranspose', 'MatMul', 'Gemm'], 'Operator types that static-int8 quantizes.'),
  weightBits: integer(4, 'Bits of weights in blocks: 4 or 8 (weight-only).', {
    min: 4,
    max: 8,
    flag: '--weight-bits',
  }),
  blockSize: integer(32, 'Values that share one scale: 16, 32, 64, 128 or 256 (weight-only).', {
    min: 16,
    max: 256,
    flag: '--block-size',
  }),
  weightSymmetric: yesNo(true, 'Blocks without zero points (weight-only).'),
  weightRounding: choice(
    ['nearest', 'k-quant', 'hqq'],
    'nearest',
    'Scales of blocks: from lowest and highest values, or searched for, which takes longer and loses less (weight-only).',
    { flag: '--weight-rounding' },
  ),
  weightForm: choice(
    ['matmulnbits', 'qdq'],
    'matmulnbits',
    "How matrices are written: MatMulNBits of ONNX Runtime, or a DequantizeLinear of opset 21 before MatMul, which is ONNX's own (weight-only).",
    { flag: '--weight-form' },
  ),
  accuracyLevel: integer(4, 'How MatMulNBits computes: 0 as it likes, 1 float32, 4 int8 (weight-only).', {
    min: 0,
    max: 4,
  }),
  quantizeEmbeddings: yesNo(
    false,
    'Tables of embeddings become blocks too, as GatherBlockQuantized takes them; a tied head shares them (weight-only).',
    { flag: '--quantize-embeddings' },
  ),
  weightOperators: texts(
    ['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'LSTM', 'GRU', 'RNN'],
    'Operators whose weights become integers (weight-only).',
  ),
  keepIo: yesNo(true, 'Inputs and outputs stay float32 (float16).', { flag: '--keep-io' }),
  floatIo: texts([], 'Inputs and outputs that stay float32 where keepIo is no (float16).'),
  floatOps: texts([], 'Operator types that stay float32 beside those that have to (float16).', {
    flag: '--float-ops',
  }),
  float16Overflow: choice(
    ['clamp', 'float32'],
    'clamp',
    'Weights beyond ±65504: clamped, or their nodes stay float32 (float16).',
  ),
  excludeNodes: texts([], 'Names of nodes that stay as they are.'),
};
