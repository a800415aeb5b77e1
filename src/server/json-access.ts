/** Typed access to request JSON with Triton's words for what is wrong. */
import { invalid } from './protocol-error.ts';
import type { Json, JsonObject } from './request-json.ts';

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A member of the object itself, never one that all JavaScript objects have. */
export function member(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** @throws ProtocolError 400 `Unable to parse 'KEY': …` */
export function objectOf(value: Json | undefined, key: string): JsonObject {
  if (isObject(value)) return value;
  throw unable(key, value, 'attempt to access JSON non-object as object');
}

/** @throws ProtocolError 400 */
export function listOf(value: Json | undefined, key: string): readonly Json[] {
  if (isList(value)) return value;
  throw unable(key, value, 'attempt to access JSON non-array as array');
}

/** @throws ProtocolError 400 */
export function stringOf(value: Json | undefined, key: string): string {
  if (typeof value === 'string') return value;
  throw unable(key, value, 'attempt to access JSON non-string as string');
}

/** @throws ProtocolError 400 */
export function booleanOf(value: Json | undefined, key: string): boolean {
  if (typeof value === 'boolean') return value;
  throw unable(key, value, 'attempt to access JSON non-boolean as boolean');
}

/** A count or a size. @throws ProtocolError 400 */
export function unsignedOf(value: Json | undefined, key: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw unable(key, value, 'attempt to access JSON non-unsigned-integer as unsigned-integer');
}

/** A dimension, which may be -1 by mistake. @throws ProtocolError 400 */
export function integerOf(value: Json | undefined, key: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw unable(key, value, 'attempt to access JSON non-signed-integer as signed-integer');
}

function unable(key: string, value: Json | undefined, otherwise: string): Error {
  const why = value === undefined ? `attempt to access non-existing object member '${key}'` : otherwise;
  return invalid(`Unable to parse '${key}': ${why}`);
}
