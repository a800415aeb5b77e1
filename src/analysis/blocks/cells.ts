/**
 * The smallest pieces of the picture: an operator that does the work (`Conv`, `MatMul`, a pool, a join) with what only
 * follows it or only leads to it: bias, normalization, activation, reshaping. One value leaves a cell.
 */
import type { NodeProto } from '../../onnx/proto.ts';
import { type Dag, quotient } from './dag.ts';
import type { Dataflow } from './dataflow.ts';
import { commonScope, pathOf } from './names.ts';

/** Operators that do the work of a cell, in all their forms: each begins one. */
const WORKERS =
  /^(Q?Linear|DynamicQuantize|Fused|Nhwc)?(Conv|ConvTranspose|ConvInteger|MatMul\w*|Gemm|Einsum|LSTM|GRU|RNN|Resize|Upsample|If|Loop|Scan|(Global)?(Max|Average|Lp)Pool)$|Attention$|^(DeformConv|MaxRoiPool|RoiAlign|NonMaxSuppression|TopK|EmbedLayerNormalization|MoE|QMoE|QGemm|GatherND)$/;

/** Operators that pick or scale what another module made: they stand between modules, not at the end of one. */
const PASSAGES = /Pool$|^(Resize|Upsample|Gather\w*|Slice|Split|ArgMax|ArgMin)$/;

/** They follow the worker of their cell, but not a join: there they belong to what comes next. */
const NORMALIZATIONS = /Normalization$|^ReduceMean$/;

/** What functions are made of that have no operator. */
const SPELLED_OUT = /^(Add|Sub|Mul|Div|Pow|Sqrt|Neg|Max|Min|Exp|Reduce\w+)$/;

const LONGEST_CELL = 64;

export interface CellGraph {
  /** Per cell: indices of its nodes in the dataflow, ascending. */
  readonly cells: readonly (readonly number[])[];
  readonly dag: Dag;
}

export function cellsOf(flow: Dataflow, outputs: ReadonlySet<string>): CellGraph {
  const grown = growCells(flow, outputs);
  const joined = joinLeads(flow, grown, quotient(flow.dag, grown), outputs);
  return { cells: joined, dag: quotient(flow.dag, joined) };
}

export function isWorker(operator: string): boolean {
  return WORKERS.test(operator);
}

export function isPassage(operator: string): boolean {
  return PASSAGES.test(operator);
}

/** In the order of the nodes, each one that no cell has yet begins one. */
function growCells(flow: Dataflow, outputs: ReadonlySet<string>): number[][] {
  const taken = new Uint8Array(flow.dag.size);
  const cells: number[][] = [];
  for (let head = 0; head < flow.dag.size; head += 1) {
    if (taken[head] === 1) continue;
    const cell = singleExit(flow, grow(flow, head, taken), outputs);
    for (const node of cell) taken[node] = 1;
    cells.push(cell);
  }
  return cells;
}

/** All that depends on nothing but the head and on what the head itself takes. */
function grow({ nodes, dag }: Dataflow, head: number, taken: Uint8Array): number[] {
  const known = new Set([head, ...(dag.predecessors[head] as readonly number[])]);
  const cell = [head];
  const first = nodes[head]?.opType ?? '';
  const takesNormalization =
    (isWorker(first) && !isPassage(first)) || /^(Pow|Sub)$/.test(first) || NORMALIZATIONS.test(first);
  for (let at = 0; at < cell.length && cell.length < LONGEST_CELL; at += 1) {
    for (const next of dag.successors[cell[at] as number] as readonly number[]) {
      const operator = nodes[next]?.opType ?? '';
      if (taken[next] === 1 || known.has(next) || isWorker(operator) || isPassage(operator)) continue;
      if (NORMALIZATIONS.test(operator) && !takesNormalization) continue;
      if (isSteppingOut(nodes[head] as NodeProto, nodes[next] as NodeProto)) continue;
      if (!(dag.predecessors[next] as readonly number[]).every((before) => known.has(before))) continue;
      known.add(next);
      cell.push(next);
    }
  }
  return cell.sort((a, b) => a - b);
}

/**
 * A convolution and the normalization and activation behind it are one cell though exporters name them as modules beside
 * each other; a function that another module spells out in sums and products is not.
 */
function isSteppingOut(head: NodeProto, next: NodeProto): boolean {
  const from = pathOf(head.name ?? '');
  const to = pathOf(next.name ?? '');
  if (from === undefined || to === undefined || commonScope(from, to).length === to.length) return false;
  const isBeside = from.slice(0, -1).join('/') === to.slice(0, -1).join('/');
  return !isBeside || SPELLED_OUT.test(next.opType ?? '');
}

/** The longest beginning of the cell that only one node of it leaves. */
function singleExit(flow: Dataflow, cell: readonly number[], outputs: ReadonlySet<string>): number[] {
  for (let length = cell.length; length > 1; length -= 1) {
    const part = cell.slice(0, length);
    const members = new Set(part);
    const exits = part.filter((node) => leaves(flow, node, members, outputs));
    if (exits.length <= 1) return part;
  }
  return cell.slice(0, 1);
}

function leaves(
  { nodes, dag }: Dataflow,
  node: number,
  members: ReadonlySet<number>,
  outputs: ReadonlySet<string>,
): boolean {
  return (
    (dag.successors[node] as readonly number[]).some((next) => !members.has(next)) ||
    (nodes[node]?.output ?? []).some((name) => outputs.has(name))
  );
}

/** A cell without a worker and with one way in and one way out becomes a part of the worker that it leads to. */
function joinLeads(flow: Dataflow, cells: number[][], dag: Dag, outputs: ReadonlySet<string>): number[][] {
  const joined = cells.map((cell) => [...cell]);
  for (const [index, cell] of cells.entries()) {
    const [next] = dag.successors[index] as readonly number[];
    if (next === undefined || (dag.successors[index] as readonly number[]).length > 1) continue;
    if ((dag.predecessors[index] as readonly number[]).length > 1) continue;
    if ((dag.predecessors[next] as readonly number[]).length > 1) continue;
    const operators = cell.map((node) => flow.nodes[node]?.opType ?? '');
    const isOutput = cell.some((node) => (flow.nodes[node]?.output ?? []).some((name) => outputs.has(name)));
    if (isOutput || operators.some(isWorker) || operators.length > 8) continue;
    const target = joined[next] as number[];
    const worker = flow.nodes[target[0] as number] as NodeProto;
    if (!isWorker(worker.opType ?? '') || isSteppingOut(worker, flow.nodes[cell[0] as number] as NodeProto)) continue;
    joined[next] = [...(joined[index] as number[]), ...target].sort((a, b) => a - b);
    joined[index] = [];
  }
  return joined.filter((cell) => cell.length > 0);
}
