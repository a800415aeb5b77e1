/** Einsum as ONNX Runtime does it: operand by operand from the left, letters that nobody needs any more summed away. */
import { textAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { multiplied, NO_WORK, product, type Work, type WorkTable } from './rule.ts';

/** Letters are 52; the rest is for the dims of an ellipsis. What has more is no equation that anybody runs. */
const MAX_LABELS = 128;

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
  if (operands.length !== node.input.length || sizes.size > MAX_LABELS) return multiplied(Number.NaN);
  return multiplied(pairwise(operands, outputLabels(right, operands), sizes));
}

/** Without `->`: the ellipsis, and the letters that stand once. */
function outputLabels(right: string | undefined, operands: readonly string[][]): Set<string> {
  const all = operands.flat();
  const hidden = all.filter((label) => label.startsWith('.'));
  if (right !== undefined) return new Set([...right.replace('...', ''), ...hidden]);
  const counts = new Map<string, number>();
  for (const label of all) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Set([...hidden, ...all.filter((label) => counts.get(label) === 1)]);
}

function pairwise(
  operands: readonly string[][],
  output: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): number {
  const lastUse = new Map(operands.flatMap((labels, index) => labels.map((label) => [label, index])));
  let macs = 0;
  let done = new Set(operands[0]);
  for (let next = 1; next < operands.length; next += 1) {
    const union = new Set([...done, ...(operands[next] as string[])]);
    macs += product([...union].map((label) => sizes.get(label) ?? Number.NaN));
    done = new Set([...union].filter((label) => output.has(label) || (lastUse.get(label) ?? 0) > next));
  }
  return macs;
}

export const EINSUM: WorkTable = { Einsum: einsum };
