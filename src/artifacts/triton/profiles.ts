/** Shapes for which TensorRT builds one engine; ONNX Runtime wants them for all dynamic inputs or for none. */
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';

interface Profiles {
  readonly parameters: Readonly<Record<string, string>>;
  /** Why there are none though inputs are dynamic. */
  readonly omitted: string | null;
}

interface Range {
  readonly min: number;
  readonly opt: number;
  readonly max: number;
}

const BOUNDS = ['min', 'opt', 'max'] as const;

export function isDynamic({ shape }: TensorFacts): boolean {
  return shape === null || shape.some((dim) => typeof dim !== 'number');
}

/** @param maxBatchSize 0 where batching is off */
export function profiles(facts: ServiceFacts, maxBatchSize: number): Profiles {
  const dynamic = facts.model.inputs.filter(isDynamic);
  const ranges: Range[][] = [];
  for (const input of dynamic) {
    // The list is "name:1x3x224x224,name:…" and ONNX Runtime splits it at both signs.
    if (/[:,]/.test(input.name)) return { parameters: {}, omitted: `the name ${input.name} cannot be written in one` };
    const own = (input.shape ?? [null]).map((dim, axis) => rangeOf(dim, axis, input, facts, maxBatchSize));
    if (input.shape === null || !own.every((range) => range !== undefined)) {
      return { parameters: {}, omitted: `the sizes of ${input.name} have no known bound` };
    }
    ranges.push(own);
  }
  if (dynamic.length === 0) return { parameters: {}, omitted: null };
  const list = (bound: (typeof BOUNDS)[number]) =>
    dynamic.map(({ name }, index) => `${name}:${ranges[index]?.map((range) => range[bound]).join('x')}`).join(',');
  return {
    parameters: Object.fromEntries(BOUNDS.map((bound) => [`trt_profile_${bound}_shapes`, list(bound)])),
    omitted: null,
  };
}

function rangeOf(
  dim: number | string | null,
  axis: number,
  input: TensorFacts,
  { preprocessing }: ServiceFacts,
  maxBatchSize: number,
): Range | undefined {
  if (typeof dim === 'number') return fixed(dim);
  if (axis === 0 && maxBatchSize > 0) return { min: 1, opt: maxBatchSize, max: maxBatchSize };
  if (preprocessing?.kind === 'image' && preprocessing.input === input.name && input.shape?.length === 4) {
    const { height, width, layout } = preprocessing;
    const size = (layout === 'nchw' ? [1, undefined, height, width] : [1, height, width, undefined])[axis];
    return size === undefined ? undefined : fixed(size);
  }
  if (preprocessing?.kind === 'text' && preprocessing.maxTokens !== null && axis === 1 && input.shape?.length === 2) {
    return { min: 1, opt: preprocessing.maxTokens, max: preprocessing.maxTokens };
  }
  return undefined;
}

function fixed(size: number): Range {
  return { min: size, opt: size, max: size };
}
