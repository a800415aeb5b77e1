/** Einsum as ONNX Runtime does it: operand by operand from the left, letters that nobody needs any more summed away. */
import { textAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { multiplied, NO_WORK, product, type Work, type WorkTable } from './rule.ts';

/** The labels of each operand: letters, and `.0`, `.1`, … from the right for the dims that `...` stands for. */
function labelsOf(term: string, rank: number): string[] {
  const [before, after] = term.split('...') as [string, string | undefined];
  if (after === undefined) return [...before];
  const hidden = Math.max(0, rank - before.length - after.length);
  return [...before, ...Array.from({ length: hidden }, (_, index) => `.${hidden - 1 - index}`), ...after];
}

function einsum(node: NodeProto, shapes: KnownShapes): Work {
  const equation = textAttribute(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const dims = node.input.map((name) => shapes.dims(name));
  if (dims.some((list) => list === undefined)) return multiplied(Number.NaN);
  const operands = left.split(',').map((term, index) => labelsOf(term, dims[index]?.length ?? 0));
  const sizes = new Map<string, number>();
  operands.forEach((labels, index) => {
    for (const [axis, label] of labels.entries()) {
      // Dims of an ellipsis broadcast: the larger one counts.
      sizes.set(label, Math.max(sizes.get(label) ?? 1, dims[index]?.[axis] ?? Number.NaN));
    }
  });
  if (operands.length < 2) return NO_WORK;
  return multiplied(pairwise(operands, outputLabels(right, operands), sizes));
}

/** Without `->`: the ellipsis, and the letters that stand once. */
function outputLabels(right: string | undefined, operands: readonly string[][]): Set<string> {
  const all = operands.flat();
  const hidden = all.filter((label) => label.startsWith('.'));
  if (right !== undefined) return new Set([...right.replace('...', ''), ...hidden]);
  return new Set([...hidden, ...all.filter((label) => all.indexOf(label) === all.lastIndexOf(label))]);
}

function pairwise(
  operands: readonly string[][],
  output: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): number {
  let macs = 0;
  let done = new Set(operands[0]);
  for (let next = 1; next < operands.length; next += 1) {
    const union = new Set([...done, ...(operands[next] as string[])]);
    macs += product([...union].map((label) => sizes.get(label) ?? Number.NaN));
    const later = new Set(operands.slice(next + 1).flat());
    done = new Set([...union].filter((label) => output.has(label) || later.has(label)));
  }
  return macs;
}

export const EINSUM: WorkTable = { Einsum: einsum };
