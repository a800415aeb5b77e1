/** Types of values in one form for both sides, and how one of ours stands to one of the reference. */
import type { Dim } from '../../../src/onnx/build.ts';
import { dataTypeOf } from '../../../src/onnx/data-type.ts';
import { isNamed } from '../../../src/onnx/shapes/symbols.ts';
import type { ValueType } from '../../../src/onnx/shapes/types.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';

/** A type as reference.py prints it: `code` is TensorProto.data_type, or the key type of a map. */
export interface ReferenceType {
  readonly kind: 'tensor' | 'sparse_tensor' | 'sequence' | 'optional' | 'map';
  readonly code?: number;
  readonly shape?: readonly Dim[] | null;
  readonly element?: ReferenceType | null;
}

export interface Fact {
  readonly kind: string;
  /** Element type, or the key type of a map; null when not known. */
  readonly dataType: string | null;
  readonly shape: readonly Dim[] | null;
  readonly element: Fact | null;
}

/** From the least to the most serious. */
const VERDICTS = ['agreed', 'richer', 'poorer', 'contradiction'] as const;
export type Verdict = (typeof VERDICTS)[number];

export function factOf(type: ReferenceType): Fact {
  return {
    kind: type.kind,
    dataType: dataTypeOf(type.code) ?? null,
    shape: type.shape ?? null,
    element: type.element ? factOf(type.element) : null,
  };
}

export function factOfType(type: ValueType): Fact {
  if ('shape' in type) return { ...type, kind: type.kind === 'sparse' ? 'sparse_tensor' : 'tensor', element: null };
  if (type.kind === 'map') {
    return { kind: 'map', dataType: type.keyType, shape: null, element: type.value && factOfType(type.value) };
  }
  const { kind, element } = type;
  return { kind, dataType: null, shape: null, element: element && factOfType(element) };
}

/** Tensors as they are published; in other values the symbols of the engine are taken out. */
export function withoutOwnSymbols(fact: Fact, published?: TensorInfo): Fact {
  if (fact.element !== null) return { ...fact, element: withoutOwnSymbols(fact.element) };
  if (published !== undefined && published.dataType !== null) return { ...fact, ...published };
  return { ...fact, shape: fact.shape?.map((dim) => (isNamed(dim) || typeof dim === 'number' ? dim : null)) ?? null };
}

/** A type as \`print\` writes it. */
export function factOfText(text: string): Fact {
  const container = /^(\w+)\((.*)\)$/.exec(text);
  if (container === null) return tensorOfText(text);
  const [, kind, inner] = container as unknown as [string, string, string];
  const key = kind === 'map' ? /^\w+/.exec(inner)?.[0] : undefined;
  return {
    kind,
    dataType: key ?? null,
    shape: null,
    element: inner === '?' ? null : factOfText(inner.slice(key ? key.length + 1 : 0)),
  };
}

function tensorOfText(text: string): Fact {
  const [, dataType, dims] = /^(\w+|\?)\[(.*)\]$/.exec(text) as unknown as [string, string, string];
  const known =
    dims === '' ? [] : dims.split(', ').map((dim) => (dim === '?' ? null : /^\d+$/.test(dim) ? Number(dim) : dim));
  return {
    kind: 'tensor',
    dataType: dataType === '?' ? null : dataType,
    shape: dims === '…' ? null : known,
    element: null,
  };
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS[Math.max(0, ...verdicts.map((verdict) => VERDICTS.indexOf(verdict)))] as Verdict;
}

/** `ours` against `reference`; null on a side means that it does not know the value at all. */
export function compareFacts(reference: Fact | null, ours: Fact | null): Verdict {
  if (reference === null) return ours === null ? 'agreed' : 'richer';
  if (ours === null) return 'poorer';
  if (reference.kind !== ours.kind) return 'contradiction';
  return worst([
    compareKnown(reference.dataType, ours.dataType),
    compareShapes(reference.shape, ours.shape),
    compareFacts(reference.element, ours.element),
  ]);
}

function compareKnown(reference: string | null, ours: string | null): Verdict {
  if (reference === ours) return 'agreed';
  if (reference === null) return 'richer';
  return ours === null ? 'poorer' : 'contradiction';
}

function compareShapes(reference: readonly Dim[] | null, ours: readonly Dim[] | null): Verdict {
  if (reference === null) return ours === null ? 'agreed' : 'richer';
  if (ours === null) return 'poorer';
  if (reference.length !== ours.length) return 'contradiction';
  return worst(reference.map((dim, axis) => compareDims(dim, ours[axis] ?? null)));
}

/** A size says more than a symbol, and a symbol more than nothing; another size or symbol is a contradiction. */
function compareDims(reference: Dim, ours: Dim): Verdict {
  if (reference === ours) return 'agreed';
  if (reference === null) return 'richer';
  if (ours === null) return 'poorer';
  if (typeof reference === 'number') return typeof ours === 'number' ? 'contradiction' : 'poorer';
  return typeof ours === 'number' ? 'richer' : 'contradiction';
}

/** The fact with symbols replaced by the sizes that they stand for. */
export function bound(fact: Fact, sizes: ReadonlyMap<string, number>): Fact {
  const size = (dim: Dim): Dim => (typeof dim === 'string' ? sizeOf(dim, sizes) : dim);
  return {
    ...fact,
    shape: fact.shape?.map(size) ?? null,
    element: fact.element === null ? null : bound(fact.element, sizes),
  };
}

/** Of symbols in the normal form of src/onnx/shapes/symbols.ts too: sums of products, and floors of quotients. */
function sizeOf(symbol: string, sizes: ReadonlyMap<string, number>): number | null {
  if (sizes.has(symbol)) return sizes.get(symbol) as number;
  const number = (part: string | number): number | null => (typeof part === 'number' ? part : sizeOf(part, sizes));
  if (symbol.startsWith('\0[')) {
    const terms = JSON.parse(symbol.slice(1)) as (string | number)[][];
    return terms.map((term) => term.map(number).reduce(multiplied)).reduce(added);
  }
  if (!symbol.startsWith('\0q')) return null;
  const [a, b] = (JSON.parse(symbol.slice(2)) as (string | number)[]).map(number);
  return typeof a === 'number' && typeof b === 'number' ? Math.floor(a / b) : null;
}

const multiplied = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a * b);
const added = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/** Both may be true of one value: what is known on both sides is the same. */
export function isConsistent(a: Fact, b: Fact): boolean {
  return compareFacts(a, b) !== 'contradiction';
}

export function print(fact: Fact | null): string {
  if (fact === null) return '?';
  if (fact.kind === 'map') return `map(${fact.dataType ?? '?'},${print(fact.element)})`;
  if (fact.kind === 'sequence' || fact.kind === 'optional') return `${fact.kind}(${print(fact.element)})`;
  const shape = fact.shape === null ? '[…]' : `[${fact.shape.map(printDim).join(', ')}]`;
  return `${fact.dataType ?? '?'}${shape}`;
}

/** Symbols of the engine begin with NUL. */
function printDim(dim: Dim): string {
  return dim === null ? '?' : String(dim).replace('\0', '~');
}
