/** Modules of the source program, as exporters write them into names. */

/** From the outermost module inwards; empty for what belongs to the model as a whole. */
export type Scope = readonly string[];

/** `/a/b/Conv` and `a/b/Conv` → a, b. */
export function pathOf(name: string): Scope | undefined {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.length < 2 ? undefined : parts.slice(0, -1);
}

/** `a.b.weight`, `a/b/weight` → a, b; names such as `onnx::MatMul_12` and `Constant_3_output_0` tell nothing. */
export function weightPath(name: string): Scope | undefined {
  if (/^(onnx::|_v_|\/?Constant_)/.test(name)) return undefined;
  const parts = name.split(/[./]/).filter((part) => part !== '');
  return parts.length < 2 ? undefined : parts.slice(0, -1);
}

/** The modules around both. */
export function commonScope(a: Scope, b: Scope): Scope {
  const end = a.findIndex((segment, depth) => b[depth] !== segment);
  return end === -1 ? a : a.slice(0, end);
}
