/**
 * Names that a pickle may import, because they only make data. Source: what torch.load(weights_only=True) and numpy.load
 * need for tensors and arrays.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const BUILTINS = 'xrange set frozenset bytearray complex object int float list dict tuple slice bool str bytes range';
const ARRAYS = '_reconstruct scalar';

/** Module → names. */
export const HARMLESS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['__builtin__', words(BUILTINS)],
  ['builtins', words(BUILTINS)],
  ['collections', words('OrderedDict Counter defaultdict deque')],
  ['datetime', words('datetime date time timedelta timezone')],
  ['decimal', words('Decimal')],
  ['fractions', words('Fraction')],
  ['_codecs', words('encode')],
  ['copy_reg', words('_reconstructor')],
  ['copyreg', words('_reconstructor')],
  [
    'numpy',
    words('ndarray dtype matrix bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64'),
  ],
  ['numpy.core.multiarray', words(ARRAYS)],
  ['numpy._core.multiarray', words(ARRAYS)],
  ['numpy.core._internal', words('_reconstruct')],
  ['numpy.core.numeric', words('_frombuffer')],
  ['numpy._core.numeric', words('_frombuffer')],
  ['numpy.random._pickle', words('__randomstate_ctor __bit_generator_ctor __generator_ctor')],
  ['numpy.dtypes', words('Float32DType Float64DType Int32DType Int64DType BoolDType UInt8DType ObjectDType StrDType')],
  [
    'torch',
    words(`
      FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage
      BoolStorage ComplexFloatStorage ComplexDoubleStorage UntypedStorage
      QInt8Storage QUInt8Storage QInt32Storage QUInt4x2Storage QUInt2x4Storage
      FloatTensor DoubleTensor HalfTensor LongTensor IntTensor Tensor Size device dtype
      float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128
      float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz qint8 quint8 qint32
      contiguous_format channels_last preserve_format strided per_tensor_affine per_channel_affine
    `),
  ],
  [
    'torch._utils',
    words(`
      _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state
      _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_nested_tensor
      _rebuild_meta_tensor_no_storage _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor
    `),
  ],
  ['torch._tensor', words('_rebuild_from_type_v2')],
  ['torch.nn.parameter', words('Parameter Buffer UninitializedParameter')],
  ['torch.storage', words('TypedStorage UntypedStorage')],
  ['torch.serialization', words('_get_layout')],
  ['torch.torch_version', words('TorchVersion')],
  ['torch.jit._pickle', words('build_intlist build_tensorlist build_doublelist build_boollist restore_type_tag')],
]);
