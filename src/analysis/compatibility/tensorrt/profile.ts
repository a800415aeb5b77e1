/**
 * An optimization profile: the smallest, usual and largest shape of every input with open dims, without which TensorRT
 * does not build an engine.
 */
import type { Bindings } from '../../../onnx/bindings.ts';
import type { Dim } from '../../../onnx/build.ts';
import type { TensorInfo } from '../../../onnx/value-info.ts';
import { batchingBlocker } from '../../../runtime/triton/batch-axis.ts';
import type { TargetContext } from '../target.ts';

export interface ProfileSuggestion {
  /** `input:1x3x224x224`, several with commas: as trtexec and the options of ONNX Runtime take them. */
  readonly minShapes: string;
  readonly optShapes: string;
  readonly maxShapes: string;
  /** Sizes that nobody gave, as --bind calls them. */
  readonly assumed: readonly string[];
}

interface Range {
  readonly min: number;
  readonly opt: number;
  readonly max: number;
}

/** Undefined when all inputs are fixed; `missing` when the size of an open dim, or a rank, is not known. */
export function suggestProfile(context: TargetContext): ProfileSuggestion | { missing: string[] } | undefined {
  const dynamic = context.facts.inputs.filter(isDynamic);
  if (dynamic.length === 0) return undefined;
  const ranges = dynamic.map((input) => ({ input, dims: rangesOf(input, context) }));
  const missing = ranges.flatMap(({ input, dims }) =>
    dims === null ? [input.name] : dims.flatMap((dim) => (typeof dim === 'string' ? [dim] : [])),
  );
  if (missing.length > 0) return { missing: [...new Set(missing)] };
  const shapes = (end: keyof Range): string =>
    ranges.map(({ input, dims }) => `${input.name}:${(dims as Range[]).map((dim) => dim[end]).join('x')}`).join(',');
  return {
    minShapes: shapes('min'),
    optShapes: shapes('opt'),
    maxShapes: shapes('max'),
    assumed: [...new Set(dynamic.flatMap((input) => notGiven(input, context.bind)))],
  };
}

function isDynamic({ shape, dataType }: TensorInfo): boolean {
  return dataType !== null && (shape === null || shape.some((dim) => typeof dim !== 'number'));
}

/** Per dim its range, or its name where no size is known; null where the rank is not. */
function rangesOf({ name, shape }: TensorInfo, { facts, bind, plan }: TargetContext): (Range | string)[] | null {
  if (shape === null) return null;
  const canBatch = batchingBlocker(facts.inputs, facts.outputs) === null;
  return shape.map((dim, axis) => {
    if (typeof dim === 'number') return { min: dim, opt: dim, max: dim };
    const key = nameOf(name, dim, axis);
    const size = sizeOf(bind, `${name}:${axis}`) ?? sizeOf(bind, key);
    if ((axis === 0 && canBatch) || isBatchName(key)) return batchRange(size ?? 1, plan.maxBatchSize);
    return size === undefined ? key : { min: 1, opt: size, max: size };
  });
}

function sizeOf(bind: Bindings, key: string): number | undefined {
  return Object.hasOwn(bind, key) ? bind[key] : undefined;
}

function isBatchName(name: string): boolean {
  return /^(batch|n$)/i.test(name);
}

/** The server joins up to maxBatchSize requests. */
function batchRange(size: number, maxBatchSize: number): Range {
  return { min: 1, opt: size, max: Math.max(size, maxBatchSize) };
}

function notGiven({ name, shape }: TensorInfo, bind: Bindings): string[] {
  return (shape ?? []).flatMap((dim, axis) => {
    const key = nameOf(name, dim, axis);
    const isKnown = typeof dim === 'number' || (sizeOf(bind, `${name}:${axis}`) ?? sizeOf(bind, key)) !== undefined;
    return isKnown ? [] : [key];
  });
}

function nameOf(input: string, dim: Dim, axis: number): string {
  return typeof dim === 'string' ? dim : `${input}:${axis}`;
}
