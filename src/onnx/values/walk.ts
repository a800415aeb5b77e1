/** One walk over the values of a tensor, wherever they lie, for a digest and, when asked, statistics. */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tiles } from '../bytes.ts';
import { type DataType, dataTypeOf } from '../data-type.ts';
import { type RawValues, rawValues } from '../external/raw-values.ts';
import type { TensorProto } from '../proto.ts';
import { elementCount } from '../tensor.ts';
import { StatisticsBuilder, type ValueStatistics } from './statistics.ts';

export interface TensorValues {
  /** Null for types that this version does not know. */
  readonly dataType: DataType | null;
  readonly dims: readonly number[];
  /** Raw little-endian bytes; for strings the sum of their lengths. */
  readonly sizeBytes: number;
  /**
   * SHA-256 over the raw little-endian values: the same for the same values in raw_data, in a typed field and in an
   * external file. Strings are hashed each with its length in front.
   */
  readonly sha256: string;
  /** Null for strings, for unknown types, and where they were not asked for. */
  readonly statistics: ValueStatistics | null;
}

export interface WalkOptions {
  readonly needsStatistics: boolean;
  /** Checked between pieces of some MiB. */
  readonly signal: AbortSignal;
}

/**
 * Reads every value once; memory holds one piece at a time.
 * @throws NimifyError MODEL_MALFORMED, MODEL_TRUNCATED, FILE_*; or the abort reason of the signal
 */
export async function walkValues(tensor: TensorProto, options: WalkOptions): Promise<TensorValues> {
  const dataType = dataTypeOf(tensor.dataType) ?? null;
  const raw = rawValues(tensor);
  const facts = { dataType, dims: tensor.dims };
  if (raw === undefined || dataType === null) return { ...facts, ...hashTexts(tensor), statistics: null };
  const hash = createHash('sha256');
  const statistics = options.needsStatistics ? new StatisticsBuilder(dataType, elementCount(tensor.dims)) : undefined;
  let sinceTurn = 0;
  for (const piece of pieces(raw)) {
    options.signal.throwIfAborted();
    hash.update(piece);
    statistics?.add(piece);
    sinceTurn += piece.length;
    if (sinceTurn < TURN_BYTES) continue;
    await nextTurn();
    sinceTurn = 0;
  }
  const result = statistics?.result() ?? null;
  return { ...facts, sizeBytes: raw.sizeBytes, sha256: hash.digest('hex'), statistics: result };
}

/** The digest of `TensorValues` at once; for tensors that are small, such as those of attributes. */
export function valuesDigest(tensor: TensorProto): string {
  const raw = rawValues(tensor);
  if (raw === undefined) return hashTexts(tensor).sha256;
  const hash = createHash('sha256');
  for (const piece of pieces(raw)) hash.update(piece);
  return hash.digest('hex');
}

/** Whole elements of every type, four of 6 bits in 3 bytes too; a piece of float16 becomes four times its size in numbers. */
const PIECE_BYTES = 3 << 18;
/** After so many bytes, signals and progress get their turn: some 50 ms. */
const TURN_BYTES = 32 << 20;

function pieces({ source }: RawValues): Iterable<Uint8Array> {
  return source instanceof Uint8Array && source.length <= PIECE_BYTES ? [source] : tiles(source, PIECE_BYTES);
}

function hashTexts(tensor: TensorProto): { sizeBytes: number; sha256: string } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const text of tensor.stringData) {
    hash.update(`${text.length}:`);
    hash.update(text);
    sizeBytes += text.length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
