/** Einstein summation: `bij,bjk->bik`. */
import type { Dim } from '../../build.ts';
import type { Call } from '../call.ts';
import { broadcastDims, broadcastShapes, mergeDims } from '../dims.ts';
import { type RuleTable, type Shape, tensor } from '../types.ts';

export const EINSUM: RuleTable = {
  Einsum: (call) => [tensor(call.commonDataType(), einsum(call))],
};

/** What stands for the axes that the equation does not name. */
const REST = '...';

function einsum(call: Call): Shape {
  const equation = (call.text('equation') ?? call.fail('it has no equation')).replaceAll(' ', '');
  const [left, right] = equation.split('->') as [string, string?];
  const terms = left.split(',').map(labelsOf);
  if (terms.length !== call.inputCount) call.fail(`"${equation}" names ${terms.length} of ${call.inputCount} inputs`);
  const sizes = new Map<string, Dim>();
  let rest: Shape = [];
  for (const [index, labels] of terms.entries()) {
    const shape = call.shape(index);
    if (shape === null) return null;
    rest = broadcastShapes([rest, noteSizes(call, labels, shape, sizes)]);
  }
  const output = right === undefined ? impliedOutput(terms) : labelsOf(right);
  return output.flatMap((label) => {
    if (label === REST) return rest ?? [];
    const size = sizes.get(label);
    return size === undefined ? call.fail(`no input has the axis ${label}`) : [size];
  });
}

function labelsOf(term: string): readonly string[] {
  return term.match(/\.\.\.|./g) ?? [];
}

/** Keeps the size of each label; gives the dims that `...` stands for. */
function noteSizes(call: Call, labels: readonly string[], shape: readonly Dim[], sizes: Map<string, Dim>): Shape {
  const at = labels.indexOf(REST);
  const hidden = shape.length - labels.length + (at < 0 ? 0 : 1);
  if (hidden < 0 || (at < 0 && hidden > 0)) call.fail(`${labels.join('')} does not fit a rank of ${shape.length}`);
  const dims = at < 0 ? shape : [...shape.slice(0, at), null, ...shape.slice(at + hidden)];
  for (const [axis, label] of labels.entries()) {
    const known = sizes.get(label);
    const dim = dims[axis] as Dim;
    if (axis !== at) sizes.set(label, known === undefined ? dim : sameAxis(known, dim));
  }
  return at < 0 ? [] : shape.slice(at, at + hidden);
}

/** Axes of one label are of one size, or 1. */
function sameAxis(a: Dim, b: Dim): Dim {
  return broadcastDims(a, b) ?? mergeDims(a, b);
}

/** Without an arrow: the labels that appear once, in alphabetical order, after the axes of `...`. */
function impliedOutput(terms: readonly (readonly string[])[]): readonly string[] {
  const all = terms.flat().filter((label) => label !== REST);
  const counts = new Map<string, number>();
  for (const label of all) counts.set(label, (counts.get(label) ?? 0) + 1);
  const once = all.filter((label) => counts.get(label) === 1).sort();
  return terms.some((labels) => labels.includes(REST)) ? [REST, ...once] : once;
}
