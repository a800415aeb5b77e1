/**
 * What the ONNX parser of TensorRT 10.15 takes. Source: docs/operators.md of onnx/onnx-tensorrt for that release. A line
 * is the types of the operators behind it, as words of kernel-table.ts; operators that are not here cannot be imported.
 */
import type { DataType } from '../../../onnx/data-type.ts';
import { type Slot, typesOf } from '../kernels/kernel-table.ts';

export const TENSORRT_VERSION = '10.15';
/** Operator sets of ai.onnx that it is documented for. */
export const TENSORRT_OPSETS = { oldest: 9, newest: 24 } as const;

const OPERATORS: readonly (readonly [types: string, operators: string])[] = [
  ['f32,f16,bf16', 'Acos Acosh Asin Asinh Atan Atanh AveragePool BatchNormalization Ceil Celu Clip Conv ConvTranspose'],
  ['f32,f16,bf16', 'Cos Cosh CumSum Dropout Einsum Elu Erf Exp Floor GRU Gemm GlobalAveragePool GlobalLpPool'],
  ['f32,f16,bf16', 'GlobalMaxPool GroupNormalization HardSigmoid HardSwish Hardmax ImageScaler InstanceNormalization'],
  ['f32,f16,bf16', 'IsInf LRN LSTM LayerNormalization LeakyRelu Log LogSoftmax LpNormalization LpPool MatMul MaxPool'],
  ['f32,f16,bf16', 'MeanVarianceNormalization PRelu ParametricSoftplus QuantizeLinear RMSNormalization RNN'],
  ['f32,f16,bf16', 'RandomNormal RandomNormalLike RandomUniform RandomUniformLike Reciprocal Resize RotaryEmbedding'],
  ['f32,f16,bf16', 'Round ScaledTanh Scan Selu Sigmoid Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh'],
  ['f32,f16,bf16', 'ThresholdedRelu Upsample'],
  ['f32,f16,bf16,i32,i64', 'Abs Add ArgMax ArgMin DepthToSpace Div Equal Greater GreaterOrEqual IsNaN Less'],
  ['f32,f16,bf16,i32,i64', 'LessOrEqual Max Min Mod Mul Neg Pad Pow Range ReduceL1 ReduceL2 ReduceLogSum'],
  ['f32,f16,bf16,i32,i64', 'ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare'],
  ['f32,f16,bf16,i32,i64', 'Relu Scatter ScatterElements ScatterND Shrink Sign SpaceToDepth Sub Sum TopK'],
  ['f32,f16,bf16,i32,i64,bool', 'Concat Expand EyeLike Flatten Gather GatherElements GatherND Identity If Loop OneHot'],
  ['f32,f16,bf16,i32,i64,bool', 'Reshape ReverseSequence Shape Size Slice Split Squeeze Tile Transpose Trilu'],
  ['f32,f16,bf16,i32,i64,bool', 'Unsqueeze Where'],
  ['f32,f16,bf16,i32,i64,u8,bool', 'Cast CastLike'],
  ['f32,f16,bf16,i32,i64,bool,f8,f4,i4', 'Constant ConstantOfShape'],
  ['f32,f16,bf16,i8,f8', 'Attention'],
  ['f32,f16,bf16,i8,i32,i64', 'Gelu'],
  ['f32,f16,bf16,f8,i32,i64', 'Mean'],
  ['f32,f16,bf16,i32', 'TensorScatter'],
  ['f32,f16', 'BlackmanWindow DeformConv GridSample HammingWindow HannWindow Mish NonMaxSuppression NonZero RoiAlign'],
  ['f32', 'STFT'],
  ['i8,f8,f4,i4', 'DequantizeLinear'],
  ['bool', 'And Not Or Xor'],
];

const TYPES = new Map<string, ReadonlySet<DataType>>(
  OPERATORS.flatMap(([words, operators]) => {
    const types = new Set(typesOf(words));
    return operators.split(' ').map((operator) => [operator, types] as const);
  }),
);

export const TENSORRT_OPERATORS: readonly string[] = [...TYPES.keys()];

/** Types that the parser narrows by itself: DOUBLE becomes FLOAT. */
const NARROWED: ReadonlySet<DataType> = new Set(['float64']);

/** Where the type of the data stands, if not in input 0. */
const DATA_SLOTS: Readonly<Record<string, Slot>> = {
  Where: { side: 'input', index: 1 },
  Constant: { side: 'output', index: 0 },
  ConstantOfShape: { side: 'output', index: 0 },
  If: { side: 'output', index: 0 },
  Loop: { side: 'output', index: 0 },
  BlackmanWindow: { side: 'output', index: 0 },
  HammingWindow: { side: 'output', index: 0 },
  HannWindow: { side: 'output', index: 0 },
  RandomNormal: { side: 'output', index: 0 },
  RandomUniform: { side: 'output', index: 0 },
};

export function isImportable(operator: string): boolean {
  return TYPES.has(operator);
}

export function dataSlot(operator: string): Slot {
  return DATA_SLOTS[operator] ?? { side: 'input', index: 0 };
}

export function takesType(operator: string, dataType: DataType): boolean {
  return NARROWED.has(dataType) || (TYPES.get(operator)?.has(dataType) ?? false);
}

/** Types of network inputs and outputs: those of tensors, and UINT8, which the network has to cast at once. */
const BORDER_TYPES: ReadonlySet<DataType> = new Set(typesOf('f32,f64,f16,bf16,i8,u8,i32,i64,bool,f8,f4,i4'));

export function isBorderType(dataType: DataType | null): boolean {
  return dataType !== null && BORDER_TYPES.has(dataType);
}

/**
 * Operators that TensorRT's own plugin library brings, which the parser finds by name in any domain. Source:
 * plugin/README.md of NVIDIA/TensorRT.
 */
const PLUGINS: ReadonlySet<string> = new Set(
  `BatchTilePlugin_TRT BatchedNMS_TRT BatchedNMSDynamic_TRT CustomQKVToContextPluginDynamic Clip_TRT CoordConvAC
  CropAndResize DecodeBbox3DPlugin DetectionLayer_TRT DisentangledAttention_TRT EfficientNMS_TRT EfficientNMS_ONNX_TRT
  CustomEmbLayerNormPluginDynamic CustomFCPluginDynamic FlattenConcat_TRT CustomGeluPluginDynamic GenerateDetection_TRT
  GridAnchor_TRT GridAnchorRect_TRT GroupNormalizationPlugin InstanceNormalization_TRT LReLU_TRT
  MultilevelCropAndResize_TRT MultilevelProposeROI_TRT MultiscaleDeformableAttnPlugin_TRT NMS_TRT Normalize_TRT RPROI_TRT
  PillarScatterPlugin PriorBox_TRT ProposalLayer_TRT Proposal PyramidROIAlign_TRT Region_TRT Reorg_TRT ROIAlign_TRT
  ResizeNearest_TRT CustomSkipLayerNormPluginDynamic SpecialSlice_TRT VoxelGeneratorPlugin`.split(/\s+/),
);

export function isPlugin(opType: string): boolean {
  return PLUGINS.has(opType);
}
