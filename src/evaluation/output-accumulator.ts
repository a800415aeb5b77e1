/** Sums that tell how far two models are apart in one output. Memory does not grow with the number of samples. */
import type { DataType } from '../onnx/data-type.ts';
import type { HostTensor } from '../onnx/tensor.ts';
import { numberReader } from '../onnx/tensor-numbers.ts';
import { canBeScores, isClassification } from './classification.ts';
import type { OutputComparison } from './evaluation.ts';
import { argmax, isDistribution, type Values } from './rows.ts';

export interface OutputAccumulator {
  /** Takes the output of both models for one sample. */
  add(original: HostTensor, candidate: HostTensor): void;
  result(): OutputComparison;
  /** Σ original² and Σ (original − candidate)²; both 0 for types where a distance means nothing. */
  energy(): Energy;
}

export interface Energy {
  readonly signal: number;
  readonly noise: number;
}

/** Of a binary decision; silero-vad and most classifiers with one output are used so. */
const THRESHOLD = 0.5;

const FLOATS: ReadonlySet<DataType> = new Set(['float16', 'bfloat16', 'float32', 'float64']);
/** Ids, counts and flags: one off is as wrong as thousand off, so that only equality tells something. */
const EXACT: ReadonlySet<DataType> = new Set(['int32', 'int64', 'uint32', 'uint64', 'bool', 'string']);

export function isFloat(dataType: DataType | null): boolean {
  return dataType !== null && FLOATS.has(dataType);
}

interface Sums {
  values: number;
  equal: number;
  notFinite: number;
  maxAbsError: number;
  /** Σ original², Σ candidate², Σ original · candidate, Σ (original − candidate)². */
  original: number;
  candidate: number;
  product: number;
  noise: number;
  rows: number;
  agreeing: number;
  distributions: number;
  rank: number;
  shapeDiffers: number;
  /** Values of rows of one entry, those on the same side of 0.5 in both, and those of the original within 0 and 1. */
  single: number;
  agreeingDecisions: number;
  probabilities: number;
}

const NOTHING: Sums = {
  values: 0,
  equal: 0,
  notFinite: 0,
  maxAbsError: 0,
  original: 0,
  candidate: 0,
  product: 0,
  noise: 0,
  rows: 0,
  agreeing: 0,
  distributions: 0,
  rank: 0,
  shapeDiffers: 0,
  single: 0,
  agreeingDecisions: 0,
  probabilities: 0,
};

export function outputAccumulator(name: string, dataType: DataType): OutputAccumulator {
  const sums = { ...NOTHING };
  return {
    add(original, candidate) {
      sums.rank = Math.max(sums.rank, original.dims.length);
      if (original.dims.join() !== candidate.dims.join()) {
        sums.shapeDiffers += 1;
        return;
      }
      sums.values += original.data.length;
      if (dataType === 'string') addTexts(sums, original.data as string[], candidate.data as string[]);
      else addNumbers(sums, original, candidate);
      if (isFloat(dataType)) addRows(sums, original, candidate);
    },
    result: () => comparisonOf(name, dataType, sums),
    energy: () => (EXACT.has(dataType) ? { signal: 0, noise: 0 } : { signal: sums.original, noise: sums.noise }),
  };
}

function addTexts(sums: Sums, original: readonly string[], candidate: readonly string[]): void {
  for (let i = 0; i < original.length; i += 1) if (original[i] === candidate[i]) sums.equal += 1;
}

function addNumbers(sums: Sums, original: HostTensor, candidate: HostTensor): void {
  const first = valuesOf(original);
  const second = valuesOf(candidate);
  const isBig = original.data instanceof BigInt64Array || original.data instanceof BigUint64Array;
  for (let i = 0; i < first.length; i += 1) {
    const a = first[i] as number;
    const b = second[i] as number;
    // Two int64 may differ in bits that their numbers have lost.
    const isSame = isBig ? original.data[i] === candidate.data[i] : a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (isSame) sums.equal += 1;
    if (!Number.isFinite(a)) continue;
    if (!Number.isFinite(b)) {
      sums.notFinite += 1;
      continue;
    }
    const error = isSame ? 0 : a - b;
    sums.maxAbsError = Math.max(sums.maxAbsError, Math.abs(error));
    sums.original += a * a;
    sums.candidate += b * b;
    sums.product += a * b;
    sums.noise += error * error;
  }
}

function addRows(sums: Sums, original: HostTensor, candidate: HostTensor): void {
  const length = original.dims.at(-1) ?? 0;
  const first = valuesOf(original);
  const second = valuesOf(candidate);
  if (length === 1) addDecisions(sums, first, second);
  if (length < 2) return;
  for (let from = 0; from < first.length; from += length) {
    sums.rows += 1;
    if (argmax(first, from, length) === argmax(second, from, length)) sums.agreeing += 1;
    if (isDistribution(first, from, length)) sums.distributions += 1;
  }
}

function addDecisions(sums: Sums, original: Values, candidate: Values): void {
  for (let i = 0; i < original.length; i += 1) {
    const value = original[i] as number;
    sums.single += 1;
    if (value >= 0 && value <= 1) sums.probabilities += 1;
    if (value >= THRESHOLD === (candidate[i] as number) >= THRESHOLD) sums.agreeingDecisions += 1;
  }
}

/** The data itself where its elements are numbers. */
export function valuesOf(tensor: HostTensor): Values {
  const { data, dataType } = tensor;
  const isPlain = dataType !== 'float16' && dataType !== 'bfloat16';
  if (isPlain && !Array.isArray(data) && !(data instanceof BigInt64Array) && !(data instanceof BigUint64Array))
    return data;
  const read = numberReader(tensor);
  return Float64Array.from({ length: data.length }, (_, index) => read(index));
}

function comparisonOf(name: string, dataType: DataType, sums: Sums): OutputComparison {
  const isExact = EXACT.has(dataType);
  const hasEnergy = sums.original > 0 && sums.candidate > 0;
  const traits = { name, rank: sums.rank, areRowsDistributions: sums.distributions === sums.rows };
  return {
    name,
    sqnrDb: isExact ? null : sqnrDb(sums.original, sums.noise),
    isEqual: sums.equal === sums.values && sums.shapeDiffers === 0,
    cosine: isExact || !hasEnergy ? null : cosine(sums),
    maxAbsError: sums.maxAbsError,
    top1Agreement: sums.rows === 0 ? null : sums.agreeing / sums.rows,
    notFinite: sums.notFinite,
    ...(isFloat(dataType) ? {} : { equalShare: sums.values === 0 ? 1 : sums.equal / sums.values }),
    ...(sums.shapeDiffers === 0 ? {} : { shapeDiffers: sums.shapeDiffers }),
    ...(isDecision(name, sums) ? { decisionAgreement: sums.agreeingDecisions / sums.single } : {}),
    ...(sums.rows === 0 ? {} : { isClassification: isClassification(traits) }),
  };
}

function isDecision(name: string, { values, single, probabilities }: Sums): boolean {
  return single > 0 && single === values && probabilities === single && canBeScores(name);
}

/** In dB, over several outputs as if they were one; null where it is infinite either way or undefined. */
export function overallSqnrDb(energies: readonly Energy[]): number | null {
  const sum = (key: keyof Energy) => energies.reduce((total, energy) => total + energy[key], 0);
  return sqnrDb(sum('signal'), sum('noise'));
}

/** Signal to quantization noise; null where it is infinite either way or undefined. */
function sqnrDb(signalEnergy: number, noiseEnergy: number): number | null {
  if (noiseEnergy === 0 || signalEnergy === 0) return null;
  return 10 * Math.log10(signalEnergy / noiseEnergy);
}

function cosine(sums: Sums): number {
  const value = sums.product / (Math.sqrt(sums.original) * Math.sqrt(sums.candidate));
  return Math.min(1, Math.max(-1, value));
}
