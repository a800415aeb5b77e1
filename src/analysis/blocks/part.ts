/** A piece of the picture while it is being made. */
import type { Scope } from './names.ts';

export interface Part {
  /**
   * `cell`: one of the smallest pieces. `module`: what the exporter named together. `branches`: from a fork to its join.
   * `group`: neighbours without a common name. `repeat`: equal neighbours.
   */
  readonly kind: 'cell' | 'module' | 'branches' | 'group' | 'repeat';
  /** Ascending. */
  readonly cells: readonly number[];
  /** Of a module; empty for others. */
  readonly scope: Scope;
  /** Of a repeat: the parts of its first round. */
  readonly round: readonly Part[];
  readonly repeat: number;
  readonly isParallel: boolean;
}

export function cellPart(cell: number): Part {
  return { kind: 'cell', cells: [cell], scope: [], round: [], repeat: 1, isParallel: false };
}

export function partOf(kind: Part['kind'], cells: readonly number[], scope: Scope = []): Part {
  const [only] = cells;
  if (cells.length === 1 && only !== undefined && kind !== 'module') return cellPart(only);
  return { kind, cells, scope, round: [], repeat: 1, isParallel: false };
}
