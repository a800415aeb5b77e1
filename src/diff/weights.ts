/** Which weights two models share, by name and by digest. */
import { sha256 } from '../base/digest.ts';
import type { ReportProgress } from '../base/events.ts';
import { type PlacedWeight, placedWeights } from '../onnx/placed-weights.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { walkValues } from '../onnx/values/walk.ts';
import type { Change, WeightChange, WeightDiff, WeightRef } from './facts.ts';

export interface WalkDeps {
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
}

/**
 * Endings that quantizers give to the weight that they made of another: onnxruntime.quantization (quant_utils.py,
 * matmul_nbits_quantizer.py) and nimify; a conversion to float16 keeps the name.
 */
const PRECISION_ENDINGS = ['_quantized', '_folded', '_folded_quantized', '_Q4', '_Q8', '_Q4G32'];

/** Reads every weight of both models once. */
export async function diffWeights(before: ModelProto, after: ModelProto, deps: WalkDeps): Promise<WeightDiff> {
  const models = [[...placedWeights(before)], [...placedWeights(after)]];
  const total = models.reduce((sum, weights) => sum + weights.length, 0);
  let done = 0;
  const lists: WeightRef[][] = [];
  for (const weights of models) {
    const refs: WeightRef[] = [];
    for (const weight of weights) {
      refs.push(await refOf(weight, deps.signal));
      done += 1;
      deps.report(done, total, 'tensors');
    }
    lists.push(refs);
  }
  return pair(lists[0] as WeightRef[], lists[1] as WeightRef[]);
}

async function refOf({ name, place, tensor, sparse }: PlacedWeight, signal: AbortSignal): Promise<WeightRef> {
  const options = { needsStatistics: false, signal };
  const { dataType, dims, sizeBytes, sha256: digest } = await walkValues(tensor, options);
  if (sparse === undefined) return { name, place, dataType, dims, sizeBytes, sha256: digest };
  const indices = sparse.indices === undefined ? '' : (await walkValues(sparse.indices, options)).sha256;
  return { name, place, dataType, dims: sparse.dims, sizeBytes, sha256: sha256(`${digest} at ${indices}`) };
}

function pair(before: readonly WeightRef[], after: readonly WeightRef[]): WeightDiff {
  const rest = byKey(after);
  const changed: WeightChange[] = [];
  const unchanged: WeightRef[] = [];
  const unmatched: WeightRef[] = [];
  for (const [key, weight] of byKey(before)) {
    const twin = rest.get(key);
    rest.delete(key);
    if (twin === undefined) unmatched.push(weight);
    else if (contentOf(weight) === contentOf(twin)) unchanged.push(weight);
    else changed.push({ before: weight, after: twin });
  }
  const renamed = takeRenamed(unmatched, rest);
  changed.push(...takeConverted(unmatched, rest));
  return {
    added: [...rest.values()],
    removed: unmatched,
    changed,
    renamed,
    unchangedCount: unchanged.length,
    unchangedBytes: unchanged.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    precision: precisionOf(before, after),
  };
}

/** Takes out of both lists what has the same values under another name. */
function takeRenamed(unmatched: WeightRef[], rest: Map<string, WeightRef>): WeightDiff['renamed'] {
  const byContent = new Map<string, string[]>();
  for (const [key, weight] of rest) {
    const list = byContent.get(contentOf(weight));
    if (list === undefined) byContent.set(contentOf(weight), [key]);
    else list.push(key);
  }
  return takeEach(unmatched, (weight) => {
    const key = byContent.get(contentOf(weight))?.shift();
    if (key === undefined) return undefined;
    const { name } = rest.get(key) as WeightRef;
    rest.delete(key);
    return { before: weight.name, after: name, sizeBytes: weight.sizeBytes };
  });
}

/** Takes out of both lists what a quantizer made of what. */
function takeConverted(unmatched: WeightRef[], rest: Map<string, WeightRef>): WeightChange[] {
  return takeEach(unmatched, (weight) => {
    const keys = PRECISION_ENDINGS.map((ending) => keyOf({ ...weight, name: weight.name + ending }));
    const key = keys.find((candidate) => rest.has(candidate));
    if (key === undefined) return undefined;
    const after = rest.get(key) as WeightRef;
    rest.delete(key);
    return { before: weight, after };
  });
}

/** Removes from the list what `take` has an answer for, and gives the answers. */
function takeEach<T, R>(list: T[], take: (item: T) => R | undefined): R[] {
  const found: R[] = [];
  const left = list.filter((item) => {
    const result = take(item);
    if (result !== undefined) found.push(result);
    return result === undefined;
  });
  list.splice(0, list.length, ...left);
  return found;
}

function precisionOf(before: readonly WeightRef[], after: readonly WeightRef[]): Change<number>[] {
  const old = bytesByType(before);
  const fresh = bytesByType(after);
  return [...new Set([...old.keys(), ...fresh.keys()])].map((what) => ({
    what,
    before: old.get(what) ?? 0,
    after: fresh.get(what) ?? 0,
  }));
}

function bytesByType(weights: readonly WeightRef[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { dataType, sizeBytes } of weights) {
    const type = dataType ?? 'unknown';
    sums.set(type, (sums.get(type) ?? 0) + sizeBytes);
  }
  return sums;
}

function contentOf({ dataType, dims, sha256 }: WeightRef): string {
  return JSON.stringify([dataType, dims, sha256]);
}

/** The place is part of it: two subgraphs may use one name. */
function keyOf({ name, place }: Pick<WeightRef, 'name' | 'place'>, before = 0): string {
  return JSON.stringify([place, name, before]);
}

/** Graphs in nodes without names may have one place; their weights of one name are told apart by how many came before. */
function byKey(weights: readonly WeightRef[]): Map<string, WeightRef> {
  const counts = new Map<string, number>();
  return new Map(
    weights.map((weight) => {
      const first = keyOf(weight);
      const before = counts.get(first) ?? 0;
      counts.set(first, before + 1);
      return [keyOf(weight, before), weight];
    }),
  );
}
