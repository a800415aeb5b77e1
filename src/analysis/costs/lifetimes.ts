/**
 * The largest sum of tensors that live at once while the nodes run in their order. A tensor lives from the node that makes
 * it to the last one that reads it; inputs and outputs of the model live all the time. Views share the memory of what they
 * look at, and some operators write over their input (reuse.ts). What kernels need for themselves, and what an allocator
 * loses between its blocks, is not in it.
 */
import { capturedNames } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { nodeName } from './nodes.ts';
import { canWorkInPlace, isView } from './reuse.ts';
import { choices, type GraphView, type InnerGraphs } from './view.ts';

/** Bytes of a tensor; NaN where they are not known, which counts as nothing and is noted. */
export type BytesOf = (name: string, view: GraphView) => number;

export interface Peak {
  readonly bytes: number;
  /** How many tensors have a size. */
  readonly known: number;
  /** At which it occurs; null when nothing runs. */
  readonly node: string | null;
  /** Tensors whose size is not known. */
  readonly unknown: readonly string[];
  /** Bytes that live while each node runs, in their order. */
  readonly course: readonly number[];
}

/** Memory of one tensor, and of those that share it. */
interface Buffer {
  readonly bytes: number;
  /** Index of the last node that reads it; Infinity for inputs and outputs of the graph. */
  lastUse: number;
}

export const ACTUAL_BYTES: BytesOf = (name, view) => view.shapes.bytes(name);

export function peakOf(view: GraphView, bytesOf: BytesOf = ACTUAL_BYTES): Peak {
  return new Run(view, bytesOf).peak();
}

class Run {
  readonly #view: GraphView;
  readonly #bytesOf: BytesOf;
  readonly #lastUses: ReadonlyMap<string, number>;
  readonly #buffers = new Map<string, Buffer>();
  readonly #unknown = new Set<string>();
  #known = 0;
  #live = 0;
  #peak = 0;
  #node: string | null = null;
  readonly #course: number[] = [];

  constructor(view: GraphView, bytesOf: BytesOf) {
    this.#view = view;
    this.#bytesOf = bytesOf;
    this.#lastUses = lastUses(view);
  }

  /** @param ownsInputs false for the body of a function, whose inputs are tensors of its caller */
  peak(ownsInputs = true): Peak {
    for (const { name = '' } of this.#view.graph.input) {
      if (ownsInputs && !this.#view.isConstant(name)) this.#allocate(name, Number.POSITIVE_INFINITY);
    }
    for (const [step, node] of this.#view.graph.node.entries()) this.#course.push(this.#step(node, step));
    const bytes = Math.max(this.#peak, this.#live);
    return { bytes, node: this.#node, known: this.#known, unknown: [...this.#unknown], course: this.#course };
  }

  /** @returns bytes that live while the node runs */
  #step(node: NodeProto, step: number): number {
    const made = node.output.filter((name) => this.#lastUses.has(name) && !this.#view.isConstant(name));
    if (made.length === 0 && node.output.some((name) => this.#view.isConstant(name))) return this.#live;
    const inner = this.#view.inner.get(node);
    const below = inner === undefined ? 0 : this.#peakBelow(inner);
    const before = this.#live;
    for (const name of made) this.#make(name, node, step);
    // Results of branches and functions are made inside; a loop collects its results beside what it works on.
    const top = inner?.kind === 'loop' ? this.#live + below : Math.max(this.#live, before + below);
    if (top > this.#peak || this.#node === null) {
      this.#peak = Math.max(top, this.#peak);
      this.#node = nodeName(node, step);
    }
    this.#freeUnused(node.input, step);
    this.#freeUnused(capturedNames(node), step);
    this.#freeUnused(made, step);
    return top;
  }

  #freeUnused(names: readonly string[], step: number): void {
    for (const name of names) {
      const buffer = this.#buffers.get(name);
      if (buffer !== undefined && buffer.lastUse <= step) this.#free(buffer);
    }
  }

  #peakBelow(inner: InnerGraphs): number {
    const peaks = choices(inner).map((body) => new Run(body, this.#bytesOf).peak(inner.kind !== 'call'));
    for (const { known, unknown } of peaks) {
      this.#known += known;
      for (const name of unknown) this.#unknown.add(name);
    }
    return Math.max(0, ...peaks.map(({ bytes }) => bytes));
  }

  #make(name: string, node: NodeProto, step: number): void {
    const lastUse = this.#lastUses.get(name) ?? step;
    const source = name === node.output[0] ? this.#buffers.get(node.input[0] ?? '') : undefined;
    const isResult = lastUse === Number.POSITIVE_INFINITY;
    if (source !== undefined && !isResult && this.#canShare(node, name, source, step)) {
      source.lastUse = Math.max(source.lastUse, lastUse);
      this.#buffers.set(name, source);
    } else {
      this.#allocate(name, lastUse);
    }
  }

  #canShare(node: NodeProto, name: string, source: Buffer, step: number): boolean {
    if (isView(node)) return true;
    return canWorkInPlace(node) && source.lastUse === step && source.bytes === this.#bytesOf(name, this.#view);
  }

  #allocate(name: string, lastUse: number): void {
    const bytes = this.#bytesOf(name, this.#view);
    if (Number.isNaN(bytes)) this.#unknown.add(name);
    else this.#known += 1;
    const buffer = { bytes: Number.isNaN(bytes) ? 0 : bytes, lastUse };
    this.#buffers.set(name, buffer);
    this.#live += buffer.bytes;
  }

  #free(buffer: Buffer): void {
    this.#live -= buffer.bytes;
    buffer.lastUse = Number.POSITIVE_INFINITY;
  }
}

/** The walk is made again for each precision, over the same graph. */
const LAST_USES = new WeakMap<GraphView, ReadonlyMap<string, number>>();

/** Tensor → index of the node that reads it last, subgraphs that capture it included; results of the graph stay. */
function lastUses(view: GraphView): ReadonlyMap<string, number> {
  const found = LAST_USES.get(view) ?? findLastUses(view);
  LAST_USES.set(view, found);
  return found;
}

function findLastUses({ graph }: GraphView): Map<string, number> {
  const last = new Map<string, number>();
  for (const [step, node] of graph.node.entries()) {
    for (const name of node.input) if (name !== '') last.set(name, step);
    for (const name of capturedNames(node)) if (name !== '') last.set(name, step);
  }
  for (const { name } of graph.output) last.set(name ?? '', Number.POSITIVE_INFINITY);
  return last;
}
