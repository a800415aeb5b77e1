/**
 * Which module of the source program each cell belongs to. Exporters leave it in the names of nodes
 * (`/encoder/layer.0/attention/MatMul`) or of weights (`encoder.layer.0.attention.weight`); what has no such name
 * belongs where its neighbours do.
 */
import { type CellGraph, isPassage } from './cells.ts';
import type { Dataflow } from './dataflow.ts';
import { commonScope, pathOf, type Scope, weightPath } from './names.ts';

/** Takers of one value that are looked at; a mask goes to every layer, and the first ones tell as much. */
const LOOKED_AT = 64;

export function scopesOf(flow: Dataflow, graph: CellGraph): readonly Scope[] {
  const named = graph.cells.map((cell) => namedScope(flow, cell));
  const isBetween = graph.cells.map(([first]) => isPassage(flow.nodes[first ?? -1]?.opType ?? ''));
  const scopes = fromMakers(graph, named, isBetween);
  return fromTakers(graph, scopes, isBetween).map((scope) => scope ?? []);
}

function namedScope(flow: Dataflow, cell: readonly number[]): Scope | undefined {
  const inNames = cell.map((node) => pathOf(flow.nodes[node]?.name ?? '')).filter((path) => path !== undefined);
  const inWeights = cell.flatMap((node) => flow.constants[node] ?? []).map(weightPath);
  return inNames[0] ?? inWeights.find((path) => path !== undefined);
}

/** In the order of the flow: a cell joins the module that it ends. */
function fromMakers(
  { dag }: CellGraph,
  named: readonly (Scope | undefined)[],
  isBetween: readonly boolean[],
): (Scope | undefined)[] {
  const scopes = [...named];
  for (let cell = 0; cell < dag.size; cell += 1) {
    const before = dag.predecessors[cell] as readonly number[];
    if (scopes[cell] !== undefined || isBetween[cell]) continue;
    const makers = before.filter((maker) => scopes[maker] !== undefined || isBetween[maker]);
    const last = makers.findLast((maker) => scopes[maker] !== undefined);
    if (last !== undefined) scopes[cell] = endOf(dag.successors, scopes, makers, last, cell);
  }
  return scopes;
}

/**
 * The deepest module of the last maker to which all other makers belong too, or which takes their results as well: that
 * is how the sum at the end of a residual block is told from the join of independent branches.
 */
function endOf(
  successors: readonly (readonly number[])[],
  scopes: readonly (Scope | undefined)[],
  makers: readonly number[],
  last: number,
  cell: number,
): Scope | undefined {
  const deepest = scopes[last] as Scope;
  for (let depth = deepest.length; depth > 0; depth -= 1) {
    const module = deepest.slice(0, depth);
    const isGiven = (maker: number): boolean =>
      isWithin(scopes[maker], module) ||
      (successors[maker] as readonly number[])
        .slice(0, LOOKED_AT)
        .some((taker) => taker < cell && isWithin(scopes[taker], module));
    if (makers.every(isGiven)) return module;
  }
  return undefined;
}

function isWithin(scope: Scope | undefined, module: Scope): boolean {
  return scope !== undefined && module.every((segment, depth) => scope[depth] === segment);
}

/**
 * Against the flow: what leads into one module only is a part of it. A pool between two modules belongs to what is
 * around both, unless it begins a branch: then the module takes the value before the pool as well.
 */
function fromTakers(
  { dag }: CellGraph,
  found: readonly (Scope | undefined)[],
  isBetween: readonly boolean[],
): (Scope | undefined)[] {
  const scopes = [...found];
  const takersOf = (cell: number): number[] => (dag.successors[cell] as readonly number[]).slice(0, LOOKED_AT);
  for (let cell = dag.size - 1; cell >= 0; cell -= 1) {
    if (scopes[cell] !== undefined) continue;
    const [first, ...others] = takersOf(cell).map((taker) => scopes[taker]);
    if (first === undefined) continue;
    const common = others.reduce<Scope>((scope, other) => commonScope(scope, other ?? []), first);
    const makers = dag.predecessors[cell] as readonly number[];
    const isBranch = makers.some((maker) =>
      takersOf(maker).some((taker) => taker !== cell && isWithin(scopes[taker], common)),
    );
    const around = isBetween[cell] && !isBranch ? makers.map((maker) => scopes[maker] ?? []) : [];
    const scope = around.reduce<Scope>(commonScope, common);
    if (scope.length > 0) scopes[cell] = scope;
  }
  return scopes;
}
