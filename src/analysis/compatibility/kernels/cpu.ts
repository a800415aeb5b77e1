/**
 * Kernels of the CPU execution provider for ai.onnx of ONNX Runtime 1.30: see kernel-table.ts for how a line reads.
 * Source: its kernel registry, which docs/OperatorKernels.md is printed from (test/fixtures/kernels).
 */
export const CPU_KERNELS = `
Abs 6:f32,f64,ints,uints
Acos 7:f32
Acosh 9:f32
Add 7:f32,f64,i32,i64,u32,u64 14:f32,f64,ints,uints
Affine f32 10:-
AffineGrid 20:f32,f64
And 7:*
ArgMax f32,f64,i8,i32,i64,u8
ArgMin f32,f64,i8,i32,i64,u8
Asin 7:f32
Asinh 9:f32
Atan 7:f32
Atanh 9:f32
Attention 23:f16;2=f16;3=f16,bool|f32;2=f32;3=f32,bool
AveragePool 7:f32
BatchNormalization 7:f32,f64 14:f32;3=f32|f64;3=f64 15:f32;1=f32;3=f32|f64;1=f64;3=f64
BitCast 26:f32,f64,f16,bf16,ints,uints;>0=f32,f64,f16,bf16,ints,uints
BitShift 11:u8,u32,u64
BitwiseAnd 18:ints,uints
BitwiseNot 18:ints,uints
BitwiseOr 18:ints,uints
BitwiseXor 18:ints,uints
BlackmanWindow 17:>0=f32,f64,ints,uints
Cast 6:* 23:all,f8,i4,u4,i2,u2;>0=all,f8,i4,u4,i2,u2 24:all,f8,f8e8m0,i4,u4,i2,u2;>0=all,f8,f8e8m0,i4,u4,i2,u2
Ceil 6:f32,f64
Celu 12:*
Clip 6:f32 12:f32,f64,f16,i8,i32,i64,u8,u32,u64
Col2Im 18:f32
Compress 9:all
Concat 4:all
ConcatFromSequence 11:*
ConstantOfShape 9:* 21:>0=f32,f64,f16,bf16,ints,uints,f8,bool
Conv f32
ConvInteger 10:*
ConvTranspose f32
Cos 7:f32,f64
Cosh 9:f32
Crop f32 10:-
CumProd 26:f32,f64,i32,i64,u32,u64
CumSum 11:f32,f64,i32,i64
DFT 17:f32,f64
DeformConv 19:f32,f64
DepthToSpace f32,f64 11:f32,f64,i8,u8
DequantizeLinear 10:i8,i32,u8 19:f8,i8,i32,u8;1=f32,f16 21:f8,i8,i16,i32,u8,u16,i4,u4;1=f32,f16 25:f8,i8,i16,i32,u8,u16,i4,u4,i2,u2;1=f32,f16
Det 11:f32
Div 7:f32,f64,i32,i64,u32,u64 14:f32,f64,ints,uints
Dropout 7:* 12:f32,f64;1=f32,f64
DynamicQuantizeLinear 11:*
DynamicSlice all 10:-
Einsum 12:f32,f64,i32,i64
Elu 6:f32
Equal 7:f32,f64,i32,i64,bool 11:f32,f64,ints,uints,bool 19:f32,f64,ints,uints,bool,str
Erf 9:f32
Exp 6:f32,f64
Expand 8:f32,f64,f16,ints,uints,bool,str
EyeLike 9:f32,f64,i32,i64,u64;>0=f32,f64,i32,i64,u64
Flatten * 9:all
Floor 6:f32,f64
GRU 7:f32,f64
Gather all
GatherElements 11:all
GatherND 11:all
Gelu 20:f32
Gemm 7:f32,f64
GlobalAveragePool f32
GlobalLpPool 2:f32 22:-
GlobalMaxPool f32
Greater 7:f32,f64 9:f32,f64,ints,uints
GreaterOrEqual 12:f32,f64,ints,uints
GridSample 16:f32;1=f32 20:f32;1=f32|f64;1=f64
HammingWindow 17:>0=f32,f64,ints,uints
HannWindow 17:>0=f32,f64,ints,uints
HardSigmoid 6:f32
Hardmax f32
Identity all 14:all,seq 19:all,f8,seq
If *
ImageScaler f32 10:-
InstanceNormalization 6:f32
IsInf 10:*
IsNaN 9:f32,f64,f16 20:f32,f64,f16,bf16,f8
LRN f32
LSTM 7:f32,f64
LayerNormalization f16;1=f16;>1=f32|f32;1=f32;>1=f32|f64;1=f64;>1=f32|bf16;1=bf16;>1=f32 17:f32,f64,f16,bf16;>1=f32
LeakyRelu 6:f32
Less 7:f32,f64 9:f32,f64,ints,uints
LessOrEqual 12:f32,f64,ints,uints
Log 6:f32,f64
LogSoftmax f32,f64
Loop *
LpNormalization f32,f64
LpPool 2:f32
MatMul f32,f64 9:f32,f64,i32,i64,u32,u64
MatMulInteger 10:i8,u8
Max 6:f32 8:f32,f64 12:f32,f64,f16,i8,i32,i64,u8,u32,u64
MaxPool f32 8:f32,f64 12:f32,f64,i8,u8
MaxRoiPool f32 22:-
MaxUnpool 9:f32
Mean 6:f32
MeanVarianceNormalization f32
MelWeightMatrix 17:3=f32;>0=f32,f64,ints,uints
Min 6:f32 8:f32,f64 12:f32,f64,f16,i8,i32,i64,u8,u32,u64
Mod 10:* 13:f32,f64,f16,ints,uints
Mul 7:f32,f64,i32,i64,u32,u64 14:f32,f64,ints,uints
Multinomial 7:f32 22:-
Neg 6:f32,f64,ints
NonMaxSuppression 10:*
NonZero 9:f32,i32,i64,u8,bool
Not *
OneHot 9:i32;1=i32;2=f32|i64;1=f32;2=i32|i64;1=i32,i64;2=f32|f32,i32,i64;1=f32;2=f32|f32,i64;1=i64;2=i64,str
Optional 15:all,seq
OptionalGetElement 15:>0=all,seq 18:all,seq;>0=all,seq
OptionalHasElement 15:* 18:all,seq
Or 7:*
PRelu 7:f32
Pad 2:f32,f64 11:f32,f64,i8,i32,i64,u8,u32,u64 13:f32,f64,i8,i32,i64,u8,u32,u64,bool
ParametricSoftplus f32 10:-
Pow 7:f32,f64 12:f32,f64,i32,i64;1=f32,f64,i32,i64
QLinearConv 10:u8;7=u8|i8;3=i8;7=i8
QLinearMatMul 10:u8;7=u8|i8;3=i8;7=i8 21:i8;1=f32;3=i8;7=i8|u8;1=f32;3=i8,u8;7=u8
QuantizeLinear 10:f32;2=i8,u8 19:f32,f16;2=f8,i8,u8 21:f32,f16;2=f8,i8,i16,u8,u16,i4,u4 23:f32,f16;1=f32,f16;2=f8,i8,i16,u8,u16,i4,u4 25:f32,f16;1=f32,f16;2=f8,i8,i16,u8,u16,i4,u4,i2,u2
RMSNormalization 23:f16;1=f16|f32;1=f32|f64;1=f64
RNN 7:f32
RandomNormal >0=f32,f64 22:-
RandomNormalLike all;>0=f32,f64 22:-
RandomUniform >0=f32,f64 22:-
RandomUniformLike all;>0=f32,f64 22:-
Range 11:*
Reciprocal 6:f32,f64
ReduceL1 f32,f64,i32,i64
ReduceL2 f32,f64,i32,i64
ReduceLogSum f32,f64,i32,i64
ReduceLogSumExp f32,f64,i32,i64
ReduceMax f32,f64,i32,i64 12:f32,f64,i8,i32,i64,u8 20:f32,f64,i8,i32,i64,u8,bool
ReduceMean f32,f64,i32,i64
ReduceMin f32,f64,i32,i64 12:f32,f64,i8,i32,i64,u8 20:f32,f64,i8,i32,i64,u8,bool
ReduceProd f32,f64,i32,i64
ReduceSum f32,f64,i32,i64
ReduceSumSquare f32,f64,i32,i64
RegexFullMatch 20:*
Relu 6:f32,f64 14:f32,f64,i8,i32
Reshape * 5:all 21:all,f8
Resize 10:f32,i8,i32,u8
ReverseSequence 10:all
RoiAlign 10:f32,f64 22:-
RotaryEmbedding 23:f32,f16
Round 11:f32,f64,f16
STFT 17:f32,f64
Scale f32 10:-
ScaledTanh f32 10:-
Scan 8:*
Scatter 9:all 11:-
ScatterElements 11:all
ScatterND 11:all
Selu 6:f32
SequenceAt 11:>0=all
SequenceConstruct 11:all
SequenceEmpty 11:*
SequenceErase 11:*
SequenceInsert 11:*
SequenceLength 11:*
Shape all 21:all,f8
Shrink 9:*
Sigmoid 6:f32,f64
Sign 9:*
SimplifiedLayerNormalization f16;1=f16;>1=f32|f32;1=f32;>1=f32|f64;1=f64;>1=f32|bf16;1=bf16;>1=f32
Sin 7:f32,f64
Sinh 9:f32
Size f32,f64,ints,uints,bool,str
Slice all
Softmax f32,f64
Softplus f32
Softsign f32
SpaceToDepth f32,f64,i8,u8
Split 2:all
SplitToSequence 11:f32,f64,f16,i32,i64,bool,str
Sqrt 6:f32,f64
Squeeze all
StringConcat 20:*
StringNormalizer 10:*
StringSplit 20:*
Sub 7:f32,f64,i32,i64,u32,u64 14:f32,f64,ints,uints
Sum 6:f32,f64
Tan 7:f32
Tanh 6:f32,f64
TensorScatter 24:f32,f64,f16,bf16,ints,uints,bool
TfIdfVectorizer 9:*
ThresholdedRelu f32
Tile 6:f32,f64,ints,uints,bool,str
TopK f32,f64 11:f32,f64,ints,u8
Transpose all 21:all,f8,i4,u4 25:all,f8,i4,u4,i2,u2
Trilu 14:f32,f64,i32,i64,bool
Unique 11:f32,f64,i8,i64,str
Unsqueeze all
Upsample 7:f32,i8,i32,u8 10:-
Where 9:1=f32,f64,i32,i64,u8,str
Xor 7:*
`;
