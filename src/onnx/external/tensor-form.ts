/** One tensor with its values in the .onnx file or beside it, each made from the other. */
import type { Bytes } from '../bytes.ts';
import { EXTERNAL_RANGE, type ResolvedTensor } from '../external-data.ts';
import type { Layout } from '../layout.ts';
import { LAYOUT, type TensorProto } from '../proto.ts';
import { SCHEMA } from '../schema.ts';

export interface DataEntry {
  /** Name of the data file, relative to the folder of the model. */
  readonly location: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

const numberOf = Object.fromEntries(SCHEMA.TensorProto.map(({ name, number }) => [name, number]));
const RAW = numberOf.rawData as number;
const EXTERNAL = numberOf.externalData as number;
const LOCATION = numberOf.dataLocation as number;
/** The fields that say where the values are, or are the values. */
const VALUE_FIELDS: ReadonlySet<number> = new Set(
  ['floatData', 'int32Data', 'int64Data', 'rawData', 'doubleData', 'uint64Data', 'externalData', 'dataLocation'].map(
    (name) => numberOf[name] as number,
  ),
);

/** Entries are those that ONNX names: location, offset, length. */
export function asExternal(tensor: TensorProto, { location, offset, sizeBytes }: DataEntry): TensorProto {
  const entries = Object.entries({ location, offset, length: sizeBytes });
  const externalData = entries.map(([key, value]) => ({ key, value: String(value) }));
  return withValues(tensor, { externalData, dataLocation: 1 }, [...entries.map(() => EXTERNAL), LOCATION]);
}

export function asEmbedded(tensor: TensorProto, rawData: Bytes): TensorProto {
  return withValues(tensor, { rawData, externalData: [] }, [RAW]);
}

/** The new fields are written where the old ones stood, so that there and back again gives the same bytes. */
function withValues(
  tensor: TensorProto,
  values: Pick<TensorProto, 'externalData' | 'rawData' | 'dataLocation'>,
  numbers: readonly number[],
): TensorProto {
  const {
    floatData: _f,
    int32Data: _i,
    int64Data: _l,
    doubleData: _d,
    uint64Data: _u,
    rawData: _r,
    dataLocation: _w,
    [LAYOUT]: layout,
    ...kept
  } = tensor;
  const result: ResolvedTensor = { ...kept, ...values };
  delete result[EXTERNAL_RANGE];
  if (layout !== undefined) result[LAYOUT] = moved(layout, numbers);
  return result;
}

function moved(layout: Layout, numbers: readonly number[]): Layout {
  const first = layout.order?.findIndex((number) => VALUE_FIELDS.has(number));
  const order = layout.order?.flatMap((number, index) => {
    if (!VALUE_FIELDS.has(number)) return [number];
    return index === first ? numbers : [];
  });
  return { ...layout, ...(order && { order }) };
}
