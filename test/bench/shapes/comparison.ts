/** Compares model by model and keeps every difference. */
import { allGraphs } from '../../../src/onnx/graph.ts';
import { openModel } from '../../../src/onnx/open.ts';
import type { GraphProto } from '../../../src/onnx/proto.ts';
import type { Engine, PlacedFacts } from './engines.ts';
import { bound, compareFacts, type Fact, factOf, isConsistent, type Verdict } from './facts.ts';
import type { PlacedTypes, Reference } from './reference.ts';

export interface Difference {
  readonly model: string;
  readonly variant: Reference['variant'];
  readonly place: readonly string[];
  readonly name: string;
  /** Type of the node that makes the value; `input` where there is none. */
  readonly operator: string;
  readonly verdict: Exclude<Verdict, 'agreed'>;
  readonly reference: Fact | null;
  readonly ours: Fact | null;
  /** Set where ours contradicts not what was inferred but what is known of the unchanged model. */
  readonly isAgainstModel?: true;
}

export class Comparison {
  readonly differences: Difference[] = [];
  /** Values compared and agreed, by variant. */
  readonly compared = new Map<string, { values: number; agreed: number; models: number }>();
  /** Models that the reference refuses, and models that our side refuses. */
  readonly refusals: { model: string; variant: string; who: 'reference' | 'ours'; why: string }[] = [];
  #original: { model: string; facts: readonly PlacedFacts[] } | null = null;

  /** The variants of a model come one after the other, the unchanged one first. */
  async add(reference: Reference, engine: Engine): Promise<void> {
    const { model, variant, path } = reference;
    if (variant === 'as-is') this.#original = { model, facts: placedFacts(reference.graphs ?? reference.declared) };
    if (reference.graphs === undefined)
      this.refusals.push({ model, variant, who: 'reference', why: reference.error ?? '' });
    let ours: readonly (PlacedFacts | undefined)[];
    try {
      ours = await engine(path);
    } catch (error) {
      this.refusals.push({ model, variant, who: 'ours', why: error instanceof Error ? error.message : String(error) });
      ours = [];
    }
    const operators = operatorsOf(path);
    const expected = placedFacts(reference.graphs ?? []);
    for (const [index, graph] of expected.entries()) this.#compare(reference, graph, ours[index], operators[index]);
    if (variant !== 'as-is') this.#checkAgainstModel(reference, ours, operators);
  }

  #compare(
    { model, variant }: Reference,
    graph: PlacedFacts,
    ours: PlacedFacts | undefined,
    operators: ReadonlyMap<string, string> | undefined,
  ): void {
    const count = this.compared.get(variant) ?? { values: 0, agreed: 0, models: 0 };
    this.compared.set(variant, count);
    if (graph.place.length === 0) count.models += 1;
    for (const name of new Set([...graph.values.keys(), ...(ours?.values.keys() ?? [])])) {
      const reference = graph.values.get(name) ?? null;
      const own = ours?.values.get(name) ?? null;
      const verdict = compareFacts(reference, own);
      count.values += 1;
      if (verdict === 'agreed') count.agreed += 1;
      else {
        const operator = operators?.get(name) ?? 'input';
        this.differences.push({ model, variant, place: graph.place, name, operator, verdict, reference, ours: own });
      }
    }
  }

  /** Where sizes were replaced by symbols or declarations left out, the unchanged model tells what is true. */
  #checkAgainstModel(
    { model, variant, declared }: Reference,
    ours: readonly (PlacedFacts | undefined)[],
    operators: readonly ReadonlyMap<string, string>[],
  ): void {
    const truth = this.#original?.model === model ? this.#original.facts : [];
    const sizes = sizesOfSymbols(declared[0], truth[0]);
    for (const [index, graph] of ours.entries()) {
      for (const [name, own] of graph?.exact ?? graph?.values ?? []) {
        const known = truth[index]?.values.get(name);
        if (known === undefined || isConsistent(bound(known, sizes), bound(own, sizes))) continue;
        const operator = operators[index]?.get(name) ?? 'input';
        const found = { model, variant, place: graph?.place ?? [], name, operator, reference: known, ours: own };
        this.differences.push({ ...found, verdict: 'contradiction', isAgainstModel: true });
      }
    }
  }
}

function placedFacts(graphs: readonly PlacedTypes[]): PlacedFacts[] {
  return graphs.map(({ place, values }) => ({
    place,
    values: new Map(Object.entries(values).map(([name, type]) => [name, factOf(type)])),
  }));
}

/** For each graph: value → type of the node that makes it. */
function operatorsOf(path: string): Map<string, string>[] {
  return [...allGraphs(openModel(path).proto)].map(({ graph }) => producers(graph));
}

function producers(graph: GraphProto): Map<string, string> {
  const entries = graph.node.flatMap((node) => {
    const operator = [node.domain, node.opType].filter((part) => part).join(':');
    return node.output.map((name): [string, string] => [name, operator]);
  });
  return new Map(entries);
}

/** The symbols that reference.py put in, and the sizes that stood there before. */
function sizesOfSymbols(declared: PlacedTypes | undefined, original: PlacedFacts | undefined): Map<string, number> {
  const sizes = new Map<string, number>();
  const visit = (fact: Fact | null, before: Fact | null): void => {
    if (fact === null || before === null) return;
    for (const [axis, dim] of (fact.shape ?? []).entries()) {
      const size = before.shape?.[axis];
      if (typeof dim === 'string' && typeof size === 'number') sizes.set(dim, size);
    }
    visit(fact.element, before.element);
  };
  for (const [name, type] of Object.entries(declared?.values ?? {})) {
    visit(factOf(type), original?.values.get(name) ?? null);
  }
  return sizes;
}
