/**
 * Kernels of the CUDA execution provider for ai.onnx of ONNX Runtime 1.30: see kernel-table.ts for how a line reads.
 * Source: its kernel registry, which docs/OperatorKernels.md is printed from (test/fixtures/kernels).
 */
export const CUDA_KERNELS = `
Abs 6:f32,f64,f16,ints,uints 13:f32,f64,f16,bf16,ints,uints
Add 7:f32,f64,f16,i32,i64,u32,u64 13:f32,f64,f16,bf16,i32,i64,u32,u64 14:f32,f64,f16,bf16,ints,uints
Affine f32,f64,f16 10:-
And 7:*
ArgMax f32,f64,f16
ArgMin f32,f64,f16
Attention 23:f16;2=f16;3=f16,bool|f32;2=f32;3=f32,bool|bf16;2=bf16;3=bf16,bool
AveragePool 7:f32,f64,f16 22:f32,f64,f16,bf16
BatchNormalization 7:f32,f64,f16 14:f16;3=f16|f32;3=f32|f64;3=f64 15:f16;1=f16;3=f16|f32;1=f32;3=f32|f64;1=f64;3=f64
Cast 6:f32,f64,f16,ints,uints,bool 9:f32,f64,f16,ints,uints,bool;>0=f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2,f4 13:f32,f64,f16,bf16,ints,uints,bool;>0=f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2,f4 19:f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2;>0=f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2,f4 23:f4;>0=f32|f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2;>0=f32,f64,f16,bf16,ints,uints,bool,f8e4m3fn,f8e5m2,f4
Ceil 6:f32,f64,f16
Clip 6:f32 12:f32,f64,f16,i8,i64,u8,u64
Compress 9:f32,f64,f16,bf16,ints,uints,bool
Concat 4:f32,f64,f16,bf16,ints,uints,bool
ConcatFromSequence 11:*
ConstantOfShape 9:* 20:>0=f32,f64,f16,bf16,ints,uints,bool
Conv f32,f64,f16 22:f32,f64,f16,bf16
ConvTranspose f32,f64,f16
Cos 7:f32,f64,f16 22:f32,f64,f16,bf16
Crop f32,f64,f16 10:-
CumSum 11:* 14:f32,f64,f16,i32,i64,u32,u64
DeformConv 19:f32,f64,f16 22:f32,f64,f16,bf16
DepthToSpace f32,f64,f16
DequantizeLinear 10:i8,u8 19:i8,u8,f8e4m3fn,f8e5m2;1=f32,f16 21:i8,u8,f8e4m3fn,f8e5m2,i4,u4;1=f32,f16 23:i8,u8,f8e4m3fn,f8e5m2,i4,u4;1=f16;>0=f16|i8,u8,f8e4m3fn,f8e5m2,i4,u4;1=f32;>0=f32
Div 7:f32,f64,f16,i32,i64,u32,u64 13:f32,f64,f16,bf16,i32,i64,u32,u64 14:f32,f64,f16,bf16,ints,uints
Dropout 7:* 22:-
DynamicSlice f32,f64,f16,bf16,ints,uints,bool;1=i32,i64 10:-
Einsum 12:f32,f64,f16
Elu 6:f32,f64,f16 22:-
Equal 7:i32,i64,bool 11:f32,f64,f16,i32,i64,u32,u64,bool
Erf 9:f32,f64,f16 13:f32,f64,f16,bf16
Exp 6:f32,f64,f16 13:f32,f64,f16,bf16
Expand 8:f32,f64,f16,bf16,ints,uints,bool
EyeLike 9:f32,f64,i32,i64,u64;>0=f32,f64,i32,i64,u64 22:-
Flatten * 9:f32,f64,f16,bf16,ints,uints,bool
Floor 6:f32,f64,f16
GRU 7:f32,f64,f16
Gather f32,f64,f16,bf16,ints,uints,bool
GatherElements 11:f32,f64,f16,bf16,ints,uints,bool
GatherND 11:f32,f64,f16,i64,bool 13:f32,f64,f16,bf16,i64,bool
Gelu 20:f32,f64,f16,bf16
Gemm 7:f32,f64,f16 13:f32,f64,f16,bf16
GlobalAveragePool f32,f64,f16
GlobalMaxPool f32,f64,f16
Greater 7:f32,f64,f16 9:f32,f64,f16,i32,i64,u32,u64
GreaterOrEqual 12:f32,f64,f16,i32,i64,u32,u64
GridSample 16:f32;1=f32
HardSigmoid 6:f32,f64,f16 22:f32,f64,f16,bf16
HardSwish 14:f32,f64,f16 22:f32,f64,f16,bf16
Identity f32,f64,f16,bf16,ints,uints,bool 14:f32,f64,f16,bf16,ints,uints,bool,seq 19:f32,f64,f16,bf16,ints,uints,f8,bool,seq
If *
ImageScaler f32,f64,f16 10:-
InstanceNormalization 6:f32,f64,f16 22:-
IsInf 10:*
IsNaN 9:*
LRN f32,f64,f16
LSTM 7:f32,f64,f16
LayerNormalization f64;1=f64;>1=f64|bf16;1=bf16;>1=f32|f32,f16;1=f32,f16;>1=f32 17:f32,f64,f16,bf16;>1=f32
LeakyRelu 6:f32,f64,f16
Less 7:f32,f64,f16 9:f32,f64,f16,i32,i64,u32,u64
LessOrEqual 12:f32,f64,f16,i32,i64,u32,u64
Log 6:f32,f64,f16
LogSoftmax f32,f64,f16
Loop *
LpNormalization f32,f16 22:f32,f16,bf16
MatMul f32,f64,f16 13:f32,f64,f16,bf16
MatMulInteger 10:i8;1=i8
Max 6:* 12:f32,f64,f16,bf16,i32,i64,u32,u64
MaxPool f32,f64,f16 12:f32,f64,f16,i8,u8 22:-
Min 6:* 12:f32,f64,f16,bf16,i32,i64,u32,u64
Mod 10:f32,f64,f16,i32,i64,u32,u64 13:f32,f64,f16,bf16,i32,i64,u32,u64
Mul 7:f32,f64,f16,i32,i64,u32,u64 13:f32,f64,f16,bf16,i32,i64,u32,u64 14:f32,f64,f16,bf16,ints,uints
Neg 6:f32,f64,f16,ints 13:f32,f64,f16,bf16,ints
NonMaxSuppression 10:*
NonZero 9:f32,f16,i32,i64,u8,bool
Not *
OneHot 11:i32;1=i32;2=f32,f16|i64;1=i64;2=f32,f16,i64
Or 7:*
PRelu 7:f32,f64,f16
Pad 2:f32,f64,f16 13:f32,f64,f16,bool
ParametricSoftplus f32,f64,f16 10:-
Pow 7:f32,f64,f16 12:1=f32,f64,f16,i32,i64 15:1=f32,f64,f16,bf16,i32,i64
QuantizeLinear 10:f32;2=i8,u8 19:f32,f16;2=i8,u8,f8e4m3fn,f8e5m2 21:f32,f16;2=i8,u8,f8e4m3fn,f8e5m2,i4,u4 23:f16;1=f16;2=i8,u8,f8e4m3fn,f8e5m2,i4,u4|f32;1=f32;2=i8,u8,f8e4m3fn,f8e5m2,i4,u4
RMSNormalization 23:f64;1=f64|bf16;1=bf16|f32,f16;1=f32,f16
RNN 7:f32,f64,f16
RandomNormal *
RandomNormalLike all
RandomUniform *
RandomUniformLike all
Range 11:*
Reciprocal 6:f32,f64,f16
ReduceL1 f32,f64,f16,i32
ReduceL2 f32,f64,f16,i32
ReduceLogSum f32,f64,f16
ReduceLogSumExp f32,f64,f16
ReduceMax f32,f64,f16,i8,i32,i64,u8
ReduceMean f32,f64,f16,bf16,i32
ReduceMin f32,f64,f16,i8,i32,i64,u8
ReduceProd f32,f64,f16,i32
ReduceSum f32,f64,f16,i32,i64 13:f32,f64,f16,bf16,i32,i64
ReduceSumSquare f32,f64,f16
Relu 6:f32,f64,f16 13:f32,f64,f16,bf16
Reshape * 5:f32,f64,f16,bf16,ints,uints,bool 19:f32,f64,f16,bf16,ints,uints,f8,bool
Resize 10:f32,f64,f16,i32,u8
ReverseSequence 10:f32,f64,f16,bf16,ints,uints,bool
RoiAlign 10:f32,f64 16:f32,f64,f16 22:f32,f64,f16,bf16
RotaryEmbedding 23:f32,f16,bf16
Round 11:f32,f64,f16
ScaledTanh f32,f64,f16 10:-
Scan 8:*
Scatter 9:f32,f64,f16,bf16,ints,uints,bool 11:-
ScatterElements 11:f32,f64,f16,bf16,ints,uints,bool
ScatterND 11:f32,f64,f16,bf16,ints,uints,bool
Selu 6:f32,f64,f16 22:-
SequenceAt 11:>0=f32,f64,f16,bf16,ints,uints,bool
SequenceConstruct 11:f32,f64,f16,bf16,ints,uints,bool
SequenceEmpty 11:*
SequenceErase 11:*
SequenceInsert 11:*
SequenceLength 11:*
Shape f32,f64,f16,bf16,ints,uints,bool 19:f32,f64,f16,bf16,ints,uints,f8,bool
Shrink 9:f32,f64,f16,ints,uints
Sigmoid 6:f32,f64,f16 13:f32,f64,f16,bf16
Sign 13:f32,f64,f16,bf16,ints,uints
SimplifiedLayerNormalization f64;1=f64;>1=f64|bf16;1=bf16;>1=f32|f32,f16;1=f32,f16;>1=f32
Sin 7:f32,f64,f16 22:f32,f64,f16,bf16
Size all
Slice f32,f64,f16,bf16,ints,uints,bool 10:f32,f64,f16,bf16,ints,uints,bool;1=i32,i64
Softmax f32,f64,f16 13:f32,f64,f16,bf16
Softplus f32,f64,f16 22:f32,f64,f16,bf16
Softsign f32,f64,f16 22:f32,f64,f16,bf16
SpaceToDepth f32,f64,f16
Split 2:f32,f64,f16,bf16,ints,uints,bool
Sqrt 6:f32,f64,f16 13:f32,f64,f16,bf16
Squeeze f32,f64,f16,bf16,ints,uints,bool
Sub 7:f32,f64,f16,i32,i64,u32,u64 13:f32,f64,f16,bf16,i32,i64,u32,u64 14:f32,f64,f16,bf16,ints,uints
Sum 6:*
Tanh 6:f32,f64,f16 13:f32,f64,f16,bf16
TensorScatter 24:f32,f64,f16,bf16,ints,uints,bool
ThresholdedRelu f32,f64,f16 22:-
Tile 6:f32,f64,f16,i32,i64 13:f32,f64,f16,bf16,i32,i64
TopK * 11:f32,f64,f16,ints,u8 24:f32,f64,f16,bf16,ints,u8
Transpose f32,f64,f16,bf16,ints,uints,bool
Trilu 14:f32,f64,f16,bf16,ints,uints,bool
Unsqueeze f32,f64,f16,bf16,ints,uints,bool
Upsample 7:f32,f64,f16,i32,u8 10:-
Where 9:1=f32,f64,f16,i32,i64,u8 16:1=f32,f64,f16,bf16,i32,i64,u8
Xor 7:*
`;
