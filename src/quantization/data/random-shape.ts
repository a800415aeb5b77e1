/** Guesses sizes for dynamic dimensions: by the symbol, else by the place in the shape. */
import type { Dim } from '../../onnx/build.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';

/** What kind of thing a dimension counts. */
type Role = 'batch' | 'past' | 'channel' | 'length' | 'side';

/** Symbol → role; the first match wins. */
const SYMBOLS: readonly (readonly [RegExp, Role])[] = [
  [/past|cache/i, 'past'],
  [/^(n|b|bs)$|batch/i, 'batch'],
  [/^c$|chan/i, 'channel'],
  [/^(h|w)$|height|width|rows|col/i, 'side'],
  [/seq|len|tok|time|frame|sample|step|audio|^(t|s|l)$/i, 'length'],
];

/** One guess for all dimensions of a kind. */
export interface SizeGuess {
  readonly side: number;
  readonly length: number;
}

/** Tried in this order. Sides are multiples of 32 as detectors ask for; lengths are those of text, frames and audio. */
export const SIZE_LADDER: readonly SizeGuess[] = [
  { side: 224, length: 16 },
  { side: 256, length: 128 },
  { side: 320, length: 512 },
  { side: 640, length: 576 },
  { side: 512, length: 1 },
  { side: 64, length: 64 },
  { side: 28, length: 256 },
  { side: 299, length: 1024 },
  { side: 384, length: 1536 },
  { side: 32, length: 16000 },
];

/** Dims of one run of batch 1; the same symbol has the same size everywhere. Null rank becomes a vector. */
export function guessDims(input: TensorInfo, guess: SizeGuess): number[] {
  const shape = input.shape ?? [null];
  return shape.map((dim, axis) => (typeof dim === 'number' ? dim : sizeFor(roleOf(dim, axis, shape), guess)));
}

function roleOf(dim: Dim, axis: number, shape: readonly Dim[]): Role {
  const named = typeof dim === 'string' ? SYMBOLS.find(([pattern]) => pattern.test(dim))?.[1] : undefined;
  if (named !== undefined) return named;
  if (axis === 0) return 'batch';
  if (shape.length === 4) return rankFourRole(axis, shape);
  // Behind a fixed first axis (layers × directions of a recurrent state) the next one is the batch.
  return axis === 1 && shape.length === 3 && typeof shape[0] === 'number' && shape[0] > 1 ? 'batch' : 'length';
}

function rankFourRole(axis: number, shape: readonly Dim[]): Role {
  const isLastChannel = shape[3] === 1 || shape[3] === 3;
  if (isLastChannel) return 'side';
  return axis === 1 ? 'channel' : 'side';
}

function sizeFor(role: Role, guess: SizeGuess): number {
  const sizes: Record<Role, number> = { batch: 1, past: 0, channel: 3, length: guess.length, side: guess.side };
  return sizes[role];
}
