/** Compares model by model and keeps every difference. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allGraphs } from '../../../src/onnx/graph.ts';
import { openModel } from '../../../src/onnx/open.ts';
import type { GraphProto } from '../../../src/onnx/proto.ts';
import { bound, compareFacts, type Fact, factOf, isConsistent, type Verdict } from '../../onnx/shapes/facts.ts';
import type { Engine, PlacedFacts } from './engines.ts';
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
  /** Set where ours contradicts not what was inferred for this variant. */
  readonly against?: 'unchanged model' | 'computed';
}

export class Comparison {
  readonly differences: Difference[] = [];
  /** Values compared and agreed, by variant. */
  readonly compared = new Map<string, { values: number; agreed: number; models: number }>();
  /** Models that the reference refuses, and models that our side refuses. */
  readonly refusals: { model: string; variant: string; who: 'reference' | 'ours'; why: string }[] = [];
  /** Values of which ours was found consistent with the shape that they have when the model is computed. */
  computed = 0;
  #truth: Truth = { inferred: [], computed: new Map() };

  /** The variants of a model come one after the other, the unchanged one first. */
  async add(reference: Reference, engine: Engine): Promise<void> {
    const { model, variant, path } = reference;
    if (variant === 'as-is') {
      this.#truth = {
        inferred: placedFacts(reference.graphs ?? reference.declared),
        computed: computedFacts(model),
      };
    }
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
    this.#checkTruth(reference, ours, operators);
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

  /**
   * Where sizes were replaced by symbols or declarations left out, the unchanged model tells what is true; and so do,
   * for the main graph, the shapes that its tensors have when it is computed.
   */
  #checkTruth(
    { model, variant, declared }: Reference,
    ours: readonly (PlacedFacts | undefined)[],
    operators: readonly ReadonlyMap<string, string>[],
  ): void {
    const { inferred, computed } = this.#truth;
    const sizes = sizesOfSymbols(declared[0], inferred[0]);
    for (const [index, graph] of ours.entries()) {
      for (const [name, own] of graph?.exact ?? graph?.values ?? []) {
        const found = bound(own, sizes);
        const before = variant === 'as-is' ? undefined : inferred[index]?.values.get(name);
        const actual = index === 0 && own.kind === 'tensor' ? computed.get(name) : undefined;
        const against = contradicted(found, before && bound(before, sizes), actual);
        if (against === undefined) this.computed += actual === undefined ? 0 : 1;
        else {
          const operator = operators[index]?.get(name) ?? 'input';
          const place = graph?.place ?? [];
          const reference = (against === 'computed' ? actual : before) ?? null;
          this.differences.push({
            ...{ model, variant, place, name, operator, reference, ours: own },
            ...{ verdict: 'contradiction', against },
          });
        }
      }
    }
  }
}

interface Truth {
  readonly inferred: readonly PlacedFacts[];
  readonly computed: ReadonlyMap<string, Fact>;
}

function contradicted(own: Fact, before: Fact | undefined, actual: Fact | undefined): Difference['against'] {
  if (before !== undefined && !isConsistent(before, own)) return 'unchanged model';
  return actual !== undefined && !isConsistent(actual, { ...own, dataType: null }) ? 'computed' : undefined;
}

/** Shapes that reference.py computed on the data of the test; none for models of ../shared. */
function computedFacts(model: string): Map<string, Fact> {
  const path = join(dirname(model), 'computed.json');
  if (!existsSync(path)) return new Map();
  const shapes = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number[]>;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { kind: 'tensor', dataType: null, shape, element: null }]),
  );
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
