/** Names that nobody has yet: `Conv_12`, else `Conv_12_1` and so on. */
import { graphsBelow } from './graph.ts';
import type { GraphProto } from './proto.ts';

export class FreshNames {
  readonly #taken: Set<string>;
  /** Base → the number to try next, so that many names of one base cost no more than few. */
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** Notes a name that is there. */
  take(name: string): void {
    this.#taken.add(name);
  }

  make(base: string): string {
    let name = base;
    let number = this.#next.get(base) ?? 1;
    for (; this.#taken.has(name); number += 1) name = `${base}_${number}`;
    this.#next.set(base, number);
    this.#taken.add(name);
    return name;
  }
}

/** Knows the names of all tensors and nodes of a model, so that no graph hides a name of the one around it. */
export function namesOfModel({ graph }: { readonly graph: GraphProto }): FreshNames {
  const names = new FreshNames();
  for (const { graph: inner } of graphsBelow(graph, [])) {
    const { initializer, input, output, valueInfo } = inner;
    for (const { name = '' } of [...initializer, ...input, ...output, ...valueInfo]) names.take(name);
    for (const node of inner.node)
      for (const name of [node.name ?? '', ...node.input, ...node.output]) names.take(name);
  }
  return names;
}
