/** Dims, types and the number of values of tensors that are stored in the model file itself. */
import { type Bytes, byteLength, tiles } from '../../../onnx/bytes.ts';
import { DATA_TYPES, type DataType, dataTypeOf } from '../../../onnx/data-type.ts';
import { isExternal } from '../../../onnx/external-data.ts';
import type { TensorProto } from '../../../onnx/proto.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import type { Place } from '../walk.ts';

/** Fields of TensorProto that may hold the values, in the words of onnx.proto. */
const VALUE_FIELDS = {
  rawData: 'raw_data',
  floatData: 'float_data',
  int32Data: 'int32_data',
  int64Data: 'int64_data',
  doubleData: 'double_data',
  uint64Data: 'uint64_data',
} as const satisfies Partial<Record<keyof TensorProto, string>>;

type ValueField = keyof typeof VALUE_FIELDS;

export const tensorSize: ModelCheck = {
  rules: [
    'tensor-size-mismatch',
    'tensor-huge-dims',
    'tensor-negative-dim',
    'tensor-unknown-type',
    'tensor-ambiguous-data',
  ],
  visit: (context) => ({
    tensor: (tensor, place) => checkTensor(context, tensor, place),
    sparse: ({ values, dims }, place) => void hasSaneDims(context, values?.name ?? '(unnamed)', dims, place),
  }),
};

function checkTensor(context: ModelContext, tensor: TensorProto, place: Place): void {
  const name = tensor.name ?? '(unnamed)';
  checkFields(context, tensor, name, place);
  if (!hasSaneDims(context, name, tensor.dims, place)) return;
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType === undefined) {
    context.report('tensor-unknown-type', { tensor: name, code: tensor.dataType ?? 0 }, place);
    return;
  }
  if (isExternal(tensor)) return;
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  const found = mismatch(tensor, dataType, count, context);
  if (found === undefined) return;
  const what = `${found} where dims [${tensor.dims}] of ${dataType} have ${count} elements`;
  context.report('tensor-size-mismatch', { tensor: name, what }, place);
}

function checkFields(context: ModelContext, tensor: TensorProto, name: string, place: Place): void {
  const fields: string[] = usedFields(tensor).map((field) => VALUE_FIELDS[field]);
  if (tensor.stringData.length > 0) fields.push('string_data');
  if (isExternal(tensor)) fields.push('an external file');
  if (fields.length > 1) context.report('tensor-ambiguous-data', { tensor: name, fields }, place);
}

function usedFields(tensor: TensorProto): ValueField[] {
  return (Object.keys(VALUE_FIELDS) as ValueField[]).filter((field) => byteLength(tensor[field] ?? NONE) > 0);
}

const NONE = new Uint8Array(0);

/** Says whether the dims can be multiplied, and reports where they cannot. */
function hasSaneDims(context: ModelContext, tensor: string, dims: readonly number[], place: Place): boolean {
  if (dims.some((dim) => dim < 0)) {
    context.report('tensor-negative-dim', { tensor, dims: dims.join(',') }, place);
    return false;
  }
  // An empty tensor is fine, but no reader multiplies in the order that would keep it small.
  const elements = dims.reduce((product, dim) => product * Math.max(dim, 1), 1);
  if (elements <= Number.MAX_SAFE_INTEGER) return true;
  context.report('tensor-huge-dims', { tensor, dims: dims.join(',') }, place);
  return false;
}

/** What the tensor has instead, or undefined when the values fit the dims. */
function mismatch(tensor: TensorProto, dataType: DataType, count: number, context: ModelContext): string | undefined {
  if (dataType === 'string') {
    return tensor.stringData.length === count ? undefined : `${tensor.stringData.length} texts`;
  }
  const bits = DATA_TYPES[dataType].bits;
  const rawBytes = Math.ceil((count * bits) / 8);
  if (tensor.rawData !== undefined && byteLength(tensor.rawData) > 0) {
    return byteLength(tensor.rawData) === rawBytes ? undefined : `${byteLength(tensor.rawData)} bytes`;
  }
  const field = FIELD_OF[dataType] ?? 'int32Data';
  const bytes = tensor[field] ?? NONE;
  // Types below a byte are packed into the integers of int32_data.
  const entries = bits < 8 ? [count, rawBytes] : [dataType.startsWith('complex') ? count * 2 : count];
  const stored = entriesIn(field, bytes, entries, context);
  return stored === true ? undefined : `${stored} values in ${VALUE_FIELDS[field]}`;
}

/** Which typed field holds a type when raw_data does not; int32_data for all others. See the comments of onnx.proto. */
const FIELD_OF: Readonly<Partial<Record<DataType, Exclude<ValueField, 'rawData'>>>> = {
  float32: 'floatData',
  complex64: 'floatData',
  float64: 'doubleData',
  complex128: 'doubleData',
  int64: 'int64Data',
  uint64: 'uint64Data',
  uint32: 'uint64Data',
};

const WIDTH: Partial<Record<ValueField, number>> = { floatData: 4, doubleData: 8 };

/** A varint takes 1 to 10 bytes. */
const VARINT_BYTES = 10;

/** True when the list has one of the expected lengths, else its length. Long lists of varints are bounded, not counted. */
function entriesIn(
  field: ValueField,
  bytes: Bytes,
  expected: readonly number[],
  { spend }: ModelContext,
): true | number | string {
  const length = byteLength(bytes);
  const width = WIDTH[field];
  if (width !== undefined) return expected.includes(length / width) || length / width;
  if (!spend(length)) {
    const fits = expected.some((count) => count <= length && length <= count * VARINT_BYTES);
    return fits || `at least ${Math.ceil(length / VARINT_BYTES)}`;
  }
  const count = countVarints(bytes);
  return expected.includes(count) || count;
}

/** The last byte of a varint is the one below 128. */
function countVarints(bytes: Bytes): number {
  let count = 0;
  for (const tile of tiles(bytes)) for (const byte of tile) if (byte < 0x80) count += 1;
  return count;
}
