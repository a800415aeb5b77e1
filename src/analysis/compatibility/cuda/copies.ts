/** Tensors that cross between the CPU and the GPU because neighbours run on different sides. */
import type { OperatorUse } from '../operator-use.ts';

/** `folded`: calculated once while the model loads. */
export type Side = 'cuda' | 'cpu' | 'folded';

interface SidedUse {
  readonly use: OperatorUse;
  readonly side: Side;
}

export interface Copies {
  readonly toHost: number;
  readonly toDevice: number;
}

/**
 * At most: kernels that want an input in host memory anyway, such as the shape of Reshape, need none. A tensor is copied
 * once, however many nodes of the other side take it.
 */
export function countCopies(placed: readonly SidedUse[]): Copies {
  const madeBy = new Map<unknown, Map<string, Side>>();
  for (const { use, side } of placed) {
    const sides = madeBy.get(use.graph) ?? new Map<string, Side>();
    madeBy.set(use.graph, sides);
    for (const name of use.node.output) sides.set(name, side);
  }
  const copies = { toHost: 0, toDevice: 0 };
  const copied = new Map<unknown, Set<string>>();
  for (const { use, side } of placed) {
    const sides = madeBy.get(use.graph);
    for (const name of use.node.input) {
      const from = sides?.get(name);
      if (from === undefined || from === side || from === 'folded' || side === 'folded') continue;
      const known = copied.get(use.graph) ?? new Set<string>();
      copied.set(use.graph, known);
      if (known.has(name)) continue;
      known.add(name);
      copies[from === 'cuda' ? 'toHost' : 'toDevice'] += 1;
    }
  }
  return copies;
}
