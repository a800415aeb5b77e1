/** Short forms of shapes and operators for boxes and tables. */
import type { Dim } from '../../../onnx/build.ts';

/** `1 × 3 × height × ?`. */
export function shapeText(shape: readonly Dim[] | null): string {
  if (shape === null) return '';
  if (shape.length === 0) return 'scalar';
  return shape.map((dim) => (dim === null ? '?' : String(dim))).join(' × ');
}

/** Symbols that exporters make up: `unk__7`, `Squeeze/decoder/Squeeze_output_0_dim_0`. */
const MADE_UP = /^unk__\d+$|_dim_\d+$|\//;

/** The same for blocks, where a symbol that was made up says no more than a question mark. */
export function blockShapeText(shape: readonly Dim[] | null): string {
  return shapeText(shape?.map((dim) => (typeof dim === 'string' && MADE_UP.test(dim) ? null : dim)) ?? null);
}

/** `Conv 4, Relu 3`: the most frequent first. */
export function operatorSummary(operators: Readonly<Record<string, number>>, most = 4): string {
  const entries = Object.entries(operators);
  const shown = entries.slice(0, most).map(([operator, count]) => (count === 1 ? operator : `${operator} ${count}`));
  return entries.length > most ? `${shown.join(', ')}, …` : shown.join(', ');
}

/** Long names of operators, as they are known in short. */
const SHORT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/Normalization\b/g, 'Norm'],
  [/\bQuantizeLinear\b/g, 'Quantize'],
  [/\bDequantizeLinear\b/g, 'Dequantize'],
];

/** Titles as the diagram and its table have them; the tooltip has the long form. */
export function shortTitle(title: string): string {
  return SHORT_NAMES.reduce((text, [long, word]) => text.replaceAll(long, word), title);
}
