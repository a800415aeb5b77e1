/** Types as a model declares them (TypeProto), with the sizes that the user bound to its symbols. */
import type { Bindings } from '../bindings.ts';
import type { Dim } from '../build.ts';
import { dataTypeOf } from '../data-type.ts';
import type { DimensionProto, TensorTypeProto, TypeProto } from '../proto.ts';
import { commonShape, mergeShapes } from './dims.ts';
import { isNamed } from './symbols.ts';
import { MAX_RANK, type Shape, type TensorType, type ValueType } from './types.ts';

/** @param name of a graph input, whose axes can be bound where they have no symbol */
export function typeOf(type: TypeProto | undefined, bind: Bindings, name?: string): ValueType | null {
  if (type?.tensorType) return tensorOf(type.tensorType, bind, name, 'tensor');
  if (type?.sparseTensorType) return tensorOf(type.sparseTensorType, bind, name, 'sparse');
  if (type?.sequenceType) return { kind: 'sequence', element: typeOf(type.sequenceType.elemType, bind) };
  if (type?.optionalType) return { kind: 'optional', element: typeOf(type.optionalType.elemType, bind) };
  if (type?.mapType) {
    const { keyType, valueType } = type.mapType;
    return { kind: 'map', keyType: dataTypeOf(keyType) ?? null, value: typeOf(valueType, bind) };
  }
  return null;
}

function tensorOf(
  type: TensorTypeProto,
  bind: Bindings,
  name: string | undefined,
  kind: TensorType['kind'],
): TensorType {
  if ((type.shape?.dim.length ?? 0) > MAX_RANK)
    return { kind, dataType: dataTypeOf(type.elemType) ?? null, shape: null };
  const shape = type.shape?.dim.map((dim, axis) => dimOf(dim, bind, name === undefined ? '' : `${name}:${axis}`));
  return { kind, dataType: dataTypeOf(type.elemType) ?? null, shape: shape ?? null };
}

/** Some exporters write -1 where a size is not known, and ONNX Runtime takes it so. */
function dimOf(dim: DimensionProto, bind: Bindings, place: string): Dim {
  if (dim.dimValue !== undefined && dim.dimValue >= 0) return dim.dimValue;
  if (Object.hasOwn(bind, place)) return bind[place] as number;
  const symbol = dim.dimParam || null;
  if (!isNamed(symbol)) return null;
  return Object.hasOwn(bind, symbol) ? (bind[symbol] as number) : symbol;
}

/**
 * Joins two facts about one value.
 * @throws Contradiction when they cannot both be true of its shape; the caller says what happens for other kinds
 */
export function mergeTypes(a: ValueType | null, b: ValueType | null): ValueType | null {
  if (a === null || b === null) return a ?? b;
  if (isTensor(a) && isTensor(b)) {
    return { kind: a.kind, dataType: a.dataType ?? b.dataType, shape: mergeShapes(a.shape, b.shape) };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    return { kind: 'map', keyType: a.keyType ?? b.keyType, value: mergeTypes(a.value, b.value) };
  }
  if ('element' in a && 'element' in b) return { kind: a.kind, element: mergeTypes(a.element, b.element) };
  return a;
}

/**
 * What was inferred, completed by what the model declares: numbers for open dims, and what is not known at all. Symbols
 * stay those that were inferred, since they say which sizes are equal.
 * @throws Contradiction as mergeTypes
 */
export function completedType(inferred: ValueType | null, declared: ValueType | null): ValueType | null {
  const merged = mergeTypes(inferred, declared);
  if (!isTensor(merged) || !isTensor(inferred) || inferred.shape === null) return merged;
  const { shape } = inferred;
  const dims = merged.shape?.map((dim, axis) => (typeof dim !== 'number' && shape[axis] != null ? shape[axis] : dim));
  return { ...merged, shape: dims ?? null };
}

/** The tensor types among the kinds of values. */
export function isTensor(type: ValueType | null): type is TensorType {
  return type?.kind === 'tensor' || type?.kind === 'sparse';
}

/**
 * Dims as the model calls them: numbers, or its own symbols, those first that it declares for the value itself.
 * @param names our own symbols → what the model calls the same size elsewhere
 */
export function publishedShape(shape: Shape, declared: Shape, names: ReadonlyMap<string, string>): Shape {
  if (shape === null) return declared;
  const own = declared?.length === shape.length ? declared : null;
  if (own === null && shape.every((dim) => typeof dim === 'number' || isNamed(dim))) return shape;
  return shape.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    const name = own === null ? null : (own[axis] as Dim);
    if (isNamed(name)) return name;
    return dim === null || isNamed(dim) ? dim : (names.get(dim) ?? null);
  });
}

/** What is true of both of two alternatives, such as the branches of an If. */
export function commonType(a: ValueType | null, b: ValueType | null): ValueType | null {
  if (isTensor(a) && isTensor(b) && a.kind === b.kind && a.dataType === b.dataType) {
    return { ...a, shape: commonShape(a.shape, b.shape) };
  }
  if (a !== null && b !== null && 'element' in a && 'element' in b && a.kind === b.kind) {
    return { kind: a.kind, element: commonType(a.element, b.element) };
  }
  return a !== null && JSON.stringify(a) === JSON.stringify(b) ? a : null;
}
