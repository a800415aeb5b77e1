/** Elements that are calculated one from another, broadcast as the operators do it. */
import type { DataType } from '../../data-type.ts';
import { difference, floorDivide, minus, plus, times } from '../dims.ts';
import { exactQuotient, isNeverNegative } from '../symbols.ts';
import type { Element, Value, ValueRule } from '../types.ts';

type Calculation = (elements: readonly Element[], dataType: DataType) => Element;

export const ARITHMETIC: Readonly<Record<string, ValueRule>> = {
  Add: elementwise(folded((a, b) => a + b, plus)),
  Sub: elementwise(folded((a, b) => a - b, minus)),
  Mul: elementwise(folded((a, b) => a * b, times)),
  Sum: elementwise(folded((a, b) => a + b, plus)),
  Div: elementwise(([a, b], dataType) => quotient(a as Element, b as Element, dataType), 2),
  Mod: elementwise(folded(remainder)),
  Pow: elementwise(folded((a, b) => a ** b)),
  Min: elementwise(folded(Math.min, (a, b) => smaller(a, b))),
  Max: elementwise(folded(Math.max, (a, b) => larger(a, b))),
  Neg: elementwise(([a]) => times(a as Element, -1)),
  Abs: elementwise(([a]) => (isSize(a) ? a : typeof a === 'number' ? Math.abs(a) : null)),
  Ceil: elementwise(([a]) => rounded(a as Element, Math.ceil)),
  Floor: elementwise(([a]) => rounded(a as Element, Math.floor)),
  Round: elementwise(([a]) => rounded(a as Element, halfToEven)),
  Sqrt: elementwise(([a]) => (typeof a === 'number' ? Math.sqrt(a) : null)),
  Reciprocal: elementwise(([a]) => (typeof a === 'number' ? 1 / a : null)),
  Cast: elementwise(([a], dataType) => cast(a as Element, dataType)),
  Equal: elementwise(([a, b]) => compare(a as Element, b as Element, (sign) => sign === 0), 2),
  Greater: elementwise(([a, b]) => compare(a as Element, b as Element, (sign) => sign > 0), 2),
  GreaterOrEqual: elementwise(([a, b]) => compare(a as Element, b as Element, (sign) => sign >= 0), 2),
  Less: elementwise(([a, b]) => compare(a as Element, b as Element, (sign) => sign < 0), 2),
  LessOrEqual: elementwise(([a, b]) => compare(a as Element, b as Element, (sign) => sign <= 0), 2),
  Not: elementwise(([a]) => (typeof a === 'number' ? Number(a === 0) : null)),
  And: elementwise(([a, b]) => (a === 0 || b === 0 ? 0 : a === null || b === null ? null : 1), 2),
  Or: elementwise(([a, b]) => (isTrue(a) || isTrue(b) ? 1 : a === null || b === null ? null : 0), 2),
  Where: elementwise(([condition, a, b]) => {
    if (typeof condition === 'number') return (condition === 0 ? b : a) as Element;
    return a === b ? (a as Element) : null;
  }, 3),
};

/** Null when the elements of an input are not known at all, or when there are fewer inputs than the operator must have. */
function elementwise(calculate: Calculation, inputCount = 1): ValueRule {
  return (call, dims, dataType) => {
    if (call.inputCount < inputCount) return null;
    const inputs: Value[] = [];
    for (let index = 0; index < call.inputCount; index += 1) {
      const value = call.value(index);
      if (value === null) return null;
      inputs.push(value);
    }
    const readers = inputs.map((value) => broadcastReader(value, dims));
    const count = dims.reduce((total, dim) => total * dim, 1);
    return Array.from({ length: count }, (_, at) => {
      const elements = readers.map((read) => read(at));
      const element = calculate(elements, dataType);
      // INT64_MAX may pass through; what is calculated beyond 2^53 is not exact.
      return typeof element !== 'number' || elements.includes(element) ? element : held(element, dataType);
    });
  };
}

/** Reads a value at a flat index of the shape that it is broadcast to. */
export function broadcastReader(value: Value, dims: readonly number[]): (index: number) => Element {
  const offset = dims.length - value.dims.length;
  return (index) => {
    let [rest, stride, at] = [index, 1, 0];
    for (let axis = dims.length - 1; axis >= offset; axis -= 1) {
      const size = value.dims[axis - offset] as number;
      if (size !== 1) at += (rest % (dims[axis] as number)) * stride;
      rest = Math.floor(rest / (dims[axis] as number));
      stride *= size;
    }
    return value.elements[at] ?? null;
  };
}

/** Numbers by one function, sizes that are symbols by another, anything else unknown. */
function folded(
  numbers: (a: number, b: number) => number,
  symbols: (a: Element, b: Element) => Element = () => null,
): Calculation {
  return (elements) =>
    elements.reduce((a, b) => {
      if (typeof a === 'number' && typeof b === 'number') return numbers(a, b);
      return a === null || b === null || isFraction(a) || isFraction(b) ? null : symbols(a, b);
    }) as Element;
}

/** As the element type holds it; an integer that it cannot hold is not known. */
function held(value: number, dataType: DataType): Element {
  if (dataType === 'float32') return Math.fround(value);
  if (dataType.startsWith('float') || dataType === 'bfloat16') return value;
  if (dataType === 'bool') return value === 0 ? 0 : 1;
  return Number.isSafeInteger(value) ? value : null;
}

function isInteger(dataType: DataType): boolean {
  return dataType.includes('int');
}

function isFraction(element: Element): boolean {
  return typeof element === 'number' && !Number.isInteger(element);
}

/** A symbol that is a size, and not a difference of sizes. */
function isSize(element: Element | undefined): element is string {
  return typeof element === 'string' && isNeverNegative(element);
}

function isTrue(element: Element | undefined): boolean {
  return typeof element === 'number' && element !== 0;
}

/** Integers are divided towards zero; symbols in float only where nothing remains. */
function quotient(a: Element, b: Element, dataType: DataType): Element {
  if (b === 0 || a === null || b === null || isFraction(a) || isFraction(b)) {
    return typeof a === 'number' && typeof b === 'number' && !isInteger(dataType) ? a / b : null;
  }
  if (typeof a === 'number' && typeof b === 'number') return isInteger(dataType) ? Math.trunc(a / b) : a / b;
  const isFloor =
    isInteger(dataType) && [a, b].every((side) => isSize(side) || (typeof side === 'number' && side >= 0));
  return isFloor ? floorDivide(a, b) : (exactQuotient(a, b) ?? null);
}

/** Of numbers that are not negative, where the two readings of `fmod` agree. */
function remainder(a: number, b: number): number {
  return b > 0 && a >= 0 ? a % b : Number.NaN;
}

function rounded(element: Element, round: (value: number) => number): Element {
  return typeof element === 'number' ? round(element) : element;
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Integers from floats lose their fraction; a size stays what it is in every type that can hold it. */
function cast(element: Element, dataType: DataType): Element {
  if (typeof element === 'string') return dataType === 'bool' ? null : element;
  return element !== null && isInteger(dataType) ? Math.trunc(element) : element;
}

/** 1 or 0, or null when it depends on sizes that are not known. */
function compare(a: Element, b: Element, holds: (sign: number) => boolean): Element {
  if (a === null || b === null) return null;
  const sign = typeof a === 'number' && typeof b === 'number' ? a - b : difference(a, b);
  if (sign !== null) return Number(holds(sign));
  if (isSize(a) && typeof b === 'number' && b < 0) return Number(holds(1));
  return isSize(b) && typeof a === 'number' && a < 0 ? Number(holds(-1)) : null;
}

export function smaller(a: Element, b: Element): Element {
  const isLess = compare(a, b, (sign) => sign <= 0);
  return isLess === null ? null : isLess === 1 ? a : b;
}

export function larger(a: Element, b: Element): Element {
  if (isSize(a) && b === 0) return a;
  if (isSize(b) && a === 0) return b;
  const isLess = compare(a, b, (sign) => sign <= 0);
  return isLess === null ? null : isLess === 1 ? b : a;
}
