/** Calls of model-local functions replaced by the nodes of the functions, as ONNX Runtime does when it loads a model. */
import { NimifyError } from '../base/errors.ts';
import { makeNode } from './build.ts';
import { type FreshNames, namesOfModel } from './fresh-names.ts';
import { subgraphsOf } from './graph.ts';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from './proto.ts';
import { attributesOf, type Functions, functionKey, functionsOf, normalDomain } from './shapes/functions.ts';

/** As deep as the inference of types goes; a function that calls itself has no end. */
const MAX_DEPTH = 64;
/** Functions that call functions can make a model of any size. */
const MAX_NODES = 1_000_000;

/**
 * Changes the graphs of the model in place. A call stays, with its function, where `keeps` asks for it and where the
 * function is written for other operator sets than the model.
 * @throws NimifyError MODEL_LIMIT when functions call one another without end
 */
export function inlineFunctions(
  model: ModelProto & { graph: GraphProto },
  keeps: (call: NodeProto) => boolean = () => false,
): void {
  if (model.functions.length === 0) return;
  const inliner = new Inliner(model, keeps);
  inliner.graph(model.graph);
  if (inliner.kept === 0) model.functions = [];
}

class Inliner {
  /** Calls that stay. */
  kept = 0;
  readonly #functions: Functions;
  readonly #names: FreshNames;
  readonly #opsets: ReadonlyMap<string, number | undefined>;
  readonly #keeps: (call: NodeProto) => boolean;
  #nodes = 0;

  constructor(model: ModelProto & { graph: GraphProto }, keeps: (call: NodeProto) => boolean) {
    this.#functions = functionsOf(model);
    this.#names = namesOfModel(model);
    this.#opsets = new Map(model.opsetImport.map(({ domain, version }) => [normalDomain(domain), version]));
    this.#keeps = keeps;
  }

  graph(graph: GraphProto, depth = 0): void {
    graph.node = this.#expanded(graph.node, depth);
  }

  #expanded(nodes: readonly NodeProto[], depth: number): NodeProto[] {
    return nodes.flatMap((node) => {
      for (const { graph } of subgraphsOf(node)) this.graph(graph, depth);
      const fn = this.#functions.get(functionKey(node.domain, node.opType, node.overload));
      if (fn === undefined) return [node];
      if (this.#keeps(node) || !this.#isAlike(fn)) {
        this.kept += 1;
        return [node];
      }
      this.#nodes += fn.node.length;
      if (depth >= MAX_DEPTH || this.#nodes > MAX_NODES) throw endless(fn);
      return this.#expanded(this.#bodyOf(fn, node), depth + 1);
    });
  }

  #isAlike({ opsetImport }: FunctionProto): boolean {
    return opsetImport.every(({ domain, version }) => this.#opsets.get(normalDomain(domain)) === version);
  }

  #bodyOf(fn: FunctionProto, call: NodeProto): NodeProto[] {
    const names = new Map<string, string>();
    for (const [index, input] of fn.input.entries()) names.set(input, call.input[index] ?? '');
    // An output that is an input as it is cannot have two names: an Identity hands it over.
    const handed = fn.output.flatMap((output, index) => {
      const outside = call.output[index] ?? '';
      if (outside === '') return [];
      if (fn.input.includes(output)) return [makeNode('Identity', [names.get(output) as string], [outside])];
      if (names.has(output)) return [makeNode('Identity', [names.get(output) as string], [outside])];
      names.set(output, outside);
      return [];
    });
    const prefix = call.name || call.opType || 'call';
    const rename = (name: string): string => {
      if (name === '') return '';
      const known = names.get(name) ?? this.#names.make(`${prefix}/${name}`);
      names.set(name, known);
      return known;
    };
    const copier = new BodyCopier(rename, attributesOf(fn, call, null), (name) =>
      this.#names.make(`${prefix}/${name}`),
    );
    return [...fn.node.map((node) => copier.node(node)), ...handed];
  }
}

/** Copies of the nodes of one function for one call of it. */
class BodyCopier {
  readonly #rename: (name: string) => string;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #nameNode: (name: string) => string;

  constructor(
    rename: (name: string) => string,
    attributes: ReadonlyMap<string, AttributeProto>,
    nameNode: (name: string) => string,
  ) {
    this.#rename = rename;
    this.#attributes = attributes;
    this.#nameNode = nameNode;
  }

  node(node: NodeProto): NodeProto {
    return {
      ...node,
      name: this.#nameNode(node.name || node.opType || 'node'),
      input: node.input.map(this.#rename),
      output: node.output.map(this.#rename),
      attribute: node.attribute.flatMap((attribute) => this.#attribute(attribute)),
    };
  }

  /** One that refers to an attribute of the call has its value, or is left out where the call has none. */
  #attribute(attribute: AttributeProto): AttributeProto[] {
    if (attribute.refAttrName) {
      const { refAttrName: _, ...rest } = attribute;
      const given = this.#attributes.get(attribute.refAttrName);
      return given === undefined
        ? []
        : [{ ...rest, ...given, ...(rest.name === undefined ? {} : { name: rest.name }) }];
    }
    if (attribute.g === undefined && attribute.graphs.length === 0) return [attribute];
    const { g, graphs } = attribute;
    return [{ ...attribute, ...(g && { g: this.#graph(g) }), graphs: graphs.map((graph) => this.#graph(graph)) }];
  }

  #graph(graph: GraphProto): GraphProto {
    const value = (one: ValueInfoProto): ValueInfoProto => ({ ...one, name: this.#rename(one.name ?? '') });
    return {
      ...graph,
      node: graph.node.map((node) => this.node(node)),
      initializer: graph.initializer.map((tensor) => ({ ...tensor, name: this.#rename(tensor.name ?? '') })),
      sparseInitializer: graph.sparseInitializer.map((sparse) =>
        sparse.values === undefined
          ? sparse
          : { ...sparse, values: { ...sparse.values, name: this.#rename(sparse.values.name ?? '') } },
      ),
      input: graph.input.map(value),
      output: graph.output.map(value),
      valueInfo: graph.valueInfo.map(value),
    };
  }
}

function endless(fn: FunctionProto): NimifyError {
  return new NimifyError(
    'MODEL_LIMIT',
    `The calls of function ${fn.name ?? ''} have no end, or become too many nodes.`,
    {
      hint: 'No real model needs this; do not trust the file.',
      details: { function: fn.name ?? '' },
    },
  );
}
