/** One graph under change: fresh names, constants, and what nobody uses any more. */
import { findAttribute } from './attribute.ts';
import { makeTensor } from './build.ts';
import { FreshNames } from './fresh-names.ts';
import { capturedNames } from './graph.ts';
import type { GraphProto, NodeProto, TensorProto } from './proto.ts';
import type { HostTensor } from './tensor.ts';

export class GraphEditor {
  readonly graph: GraphProto;
  readonly #names: FreshNames;
  readonly #producers = new Map<string, NodeProto>();
  readonly #initializers: Map<string, TensorProto>;

  /** @param names of the graphs around this one, which new names must not hide */
  constructor(graph: GraphProto, names = new FreshNames()) {
    this.graph = graph;
    this.#names = names;
    this.#initializers = new Map(graph.initializer.map((tensor) => [tensor.name ?? '', tensor]));
    for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) this.#names.take(value.name ?? '');
    for (const name of this.#initializers.keys()) this.#names.take(name);
    for (const node of graph.node) {
      for (const name of node.output) if (name !== '') this.#producers.set(name, node);
      for (const name of [node.name ?? '', ...node.input, ...node.output, ...capturedNames(node)])
        this.#names.take(name);
    }
  }

  /** A name that no tensor and no node of the graph has yet. */
  fresh(base: string): string {
    return this.#names.make(base);
  }

  /** The tensor behind a name that is an initializer, a Constant node, or an Identity of one of them. */
  constant(name: string): TensorProto | undefined {
    // In a damaged graph, Identity nodes may lead in a circle.
    const passed = new Set<string>();
    for (let at = name; !passed.has(at); ) {
      passed.add(at);
      const initializer = this.#initializers.get(at);
      if (initializer !== undefined) return initializer;
      const producer = this.#producers.get(at);
      if (producer?.opType === 'Constant') return findAttribute(producer, 'value')?.t;
      if (producer?.opType !== 'Identity') return undefined;
      at = producer.input[0] ?? '';
    }
    return undefined;
  }

  /** True for what this graph itself takes in, holds or makes. */
  defines(name: string): boolean {
    return (
      this.#producers.has(name) || this.#initializers.has(name) || this.graph.input.some((input) => input.name === name)
    );
  }

  /** The node of this graph that makes a tensor. */
  producer(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  /** Adds an initializer under a fresh name and returns that name. */
  add(base: string, value: HostTensor): string {
    return this.addTensor(makeTensor(base, value));
  }

  /** Adds an initializer under its name, or one made fresh from it, and returns that name. */
  addTensor(tensor: TensorProto): string {
    const name = this.fresh(tensor.name ?? 'tensor');
    const added = { ...tensor, name };
    this.#initializers.set(name, added);
    this.graph.initializer.push(added);
    return name;
  }

  /** Gives the initializer of this name another value; false where there is none. */
  replace(name: string, value: HostTensor): boolean {
    if (!this.#initializers.has(name)) return false;
    const replaced = makeTensor(name, value);
    this.#initializers.set(name, replaced);
    const place = this.graph.initializer.findIndex((tensor) => tensor.name === name);
    this.graph.initializer[place] = replaced;
    return true;
  }

  isGraphOutput(name: string): boolean {
    return this.graph.output.some((output) => output.name === name);
  }

  /** Takes away the named constants, and the Identity nodes before them, as far as nothing uses them. */
  removeUnused(names: Iterable<string>): void {
    const counts = useCounts(this.graph);
    const dead = new Set<string>();
    for (let name of names) {
      while (!counts.get(name) && !dead.has(name) && this.constant(name) !== undefined) {
        dead.add(name);
        const source = this.#producers.get(name)?.input[0];
        if (source === undefined) break;
        counts.set(source, (counts.get(source) ?? 0) - 1);
        name = source;
      }
    }
    const isDead = (name: string | undefined) => dead.has(name ?? '');
    this.graph.initializer = this.graph.initializer.filter((tensor) => !isDead(tensor.name));
    this.graph.node = this.graph.node.filter((node) => node.output.length !== 1 || !isDead(node.output[0]));
    this.forgetTypes(dead);
  }

  /** Takes away the nodes that make the named tensors, each one alone, as far as nothing uses them. */
  removeUnusedNodes(names: ReadonlySet<string>): void {
    const counts = useCounts(this.graph);
    const dead = new Set([...names].filter((name) => !counts.get(name)));
    this.graph.node = this.graph.node.filter(({ output }) => output.length !== 1 || !dead.has(output[0] ?? ''));
    this.forgetTypes(dead);
  }

  /** Drops value_info entries of tensors that are gone. */
  forgetTypes(names: ReadonlySet<string>): void {
    this.graph.valueInfo = this.graph.valueInfo.filter((value) => !names.has(value.name ?? ''));
  }
}

/** How often each tensor is taken, by nodes, by their subgraphs, and as a graph output. */
function useCounts(graph: GraphProto): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const node of graph.node) for (const name of [...node.input, ...capturedNames(node)]) count(name);
  for (const output of graph.output) count(output.name ?? '');
  return counts;
}
