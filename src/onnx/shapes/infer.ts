/**
 * Types and shapes of all tensors of a model, from the structure alone: no weight is read and nothing is executed.
 * One rule for each operator (rules/) says what its outputs are; where sizes are calculated in the graph itself, as most
 * exporters do, values of small integer tensors are followed along with the types (values/).
 */

import type { Bindings } from '../bindings.ts';
import type { GraphProto, ModelProto } from '../proto.ts';
import type { TensorInfo } from '../value-info.ts';
import { isTensor, publishedShape, typeOf } from './declared.ts';
import { type Functions, functionsOf, normalDomain } from './functions.ts';
import type { ShapeProblem } from './problems.ts';
import type { ValueType } from './types.ts';
import { Walk, type WalkedGraph } from './walk.ts';

export type { ShapeProblem };

/** Tensor name → type and shape; a dim is a size, a symbol that the model itself names, or null. */
export type Shapes = Readonly<Record<string, TensorInfo>>;

/** The values of one graph inside the main graph. */
interface SubgraphShapes {
  /** As `PlacedGraph.place`; nodes without names may share it. */
  readonly place: readonly string[];
  readonly graph: GraphProto;
  /** False for a branch that is known never to run, and for a graph with a node that cannot take what reaches it. */
  readonly canRun: boolean;
  readonly tensors: Shapes;
  /** The same values with their full types. */
  readonly types: ReadonlyMap<string, ValueType>;
}

export interface Inference {
  /** Inputs, initializers and all outputs of nodes of the main graph. `dataType` is null for what is not a tensor. */
  readonly tensors: Shapes;
  /** The same values with their full types: sequences, optionals and maps too. */
  readonly types: ReadonlyMap<string, ValueType>;
  readonly subgraphs: readonly SubgraphShapes[];
  /** What cannot be as the model says; at most 100 of them. */
  readonly problems: readonly ShapeProblem[];
  /** Operators without a rule, `domain.Operator` outside the default domain, sorted. */
  readonly unknownOperators: readonly string[];
}

export interface InferenceOptions {
  /** Sizes for the open dims of the inputs: symbol, or `input:axis`, → size. */
  readonly bind?: Bindings;
  /** Those of the model, for callers that have looked them up already. */
  readonly functions?: Functions;
}

/** Never throws for what a model contains; what cannot be inferred has a null type, shape or dim. */
export function inferTypes(model: ModelProto & { graph: GraphProto }, options: InferenceOptions = {}): Inference {
  const bind = options.bind ?? {};
  const walk = new Walk(options.functions ?? functionsOf(model), bind);
  const opsets = new Map(model.opsetImport.map(({ domain, version }) => [normalDomain(domain), version ?? 1]));
  walk.graph(model.graph, opsets);
  const found = [...walk.walked.values()];
  const main = found.find(({ graph }) => graph === model.graph) as WalkedGraph;
  return {
    tensors: published(main, bind, walk.names),
    types: typesOf(main),
    subgraphs: found
      .filter(({ graph }) => graph !== model.graph)
      .map((inner) => ({
        place: inner.place,
        graph: inner.graph,
        canRun: inner.canRun,
        tensors: published(inner, bind, walk.names),
        types: typesOf(inner),
      })),
    problems: walk.problems.list(),
    unknownOperators: [...walk.unknownOperators].sort(),
  };
}

function typesOf({ known }: WalkedGraph): Map<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const [name, { type }] of known) if (type !== null) types.set(name, type);
  return types;
}

type Names = ReadonlyMap<string, string>;

function published(walked: WalkedGraph, bind: Bindings, names: Names): Shapes {
  return Object.fromEntries(publishedInfos(walked, bind, names));
}

function* publishedInfos({ graph, known }: WalkedGraph, bind: Bindings, names: Names): Generator<[string, TensorInfo]> {
  const declared = new Map(
    [...graph.input, ...graph.valueInfo, ...graph.output].map((value) => [value.name ?? '', value]),
  );
  for (const [name, { type }] of known) {
    if (!isTensor(type)) yield [name, { name, dataType: null, shape: null }];
    else {
      const value = declared.get(name);
      const said = value === undefined ? null : typeOf(value.type, bind);
      const shape = publishedShape(type.shape, isTensor(said) ? said.shape : null, names);
      yield [name, { name, dataType: type.dataType, shape }];
    }
  }
}
