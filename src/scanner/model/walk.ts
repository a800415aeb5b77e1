/**
 * One walk over everything in a model that may hold a tensor or do something: graphs, subgraphs, functions, training
 * graphs, attributes, sparse tensors. Checks hang in as visitors.
 */
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from '../../onnx/proto.ts';

/** The way to a message; made into text only where a rule applies. */
export interface Place {
  readonly parent?: Place;
  readonly step: string;
}

export interface ModelVisitor {
  graph?(graph: GraphProto, place: Place, depth: number): void;
  fn?(fn: FunctionProto, place: Place): void;
  node?(node: NodeProto, place: Place): void;
  attribute?(attribute: AttributeProto, node: NodeProto | undefined, place: Place): void;
  /** Every TensorProto, those of sparse tensors included. */
  tensor?(tensor: TensorProto, place: Place): void;
  sparse?(sparse: SparseTensorProto, place: Place): void;
  /** After everything was visited. */
  end?(): void;
}

export function placeText(place: Place): string {
  const steps: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) if (at.step !== '') steps.push(at.step);
  return steps.reverse().join(' / ');
}

const ROOT: Place = { step: '' };

export function walkModel(model: ModelProto, visitors: readonly ModelVisitor[]): void {
  new Walk(visitors).model(model);
}

class Walk {
  readonly #visitors: readonly ModelVisitor[];

  constructor(visitors: readonly ModelVisitor[]) {
    this.#visitors = visitors;
  }

  model(model: ModelProto): void {
    if (model.graph) this.#graph(model.graph, ROOT, 0);
    for (const fn of model.functions) this.#fn(fn);
    for (const training of model.trainingInfo) {
      if (training.initialization) this.#graph(training.initialization, { step: 'training initialization' }, 0);
      if (training.algorithm) this.#graph(training.algorithm, { step: 'training algorithm' }, 0);
    }
    for (const visitor of this.#visitors) visitor.end?.();
  }

  #fn(fn: FunctionProto): void {
    const place: Place = { step: `function ${fn.name ?? ''}` };
    for (const visitor of this.#visitors) visitor.fn?.(fn, place);
    this.#nodes(fn.node, place, 0);
    for (const attribute of fn.attributeProto) this.#attribute(attribute, undefined, place, 0);
  }

  #graph(graph: GraphProto, place: Place, depth: number): void {
    for (const visitor of this.#visitors) visitor.graph?.(graph, place, depth);
    for (const tensor of graph.initializer) {
      this.#tensor(tensor, { parent: place, step: `initializer ${tensor.name ?? ''}` });
    }
    for (const sparse of graph.sparseInitializer) {
      this.#sparse(sparse, { parent: place, step: `sparse initializer ${sparse.values?.name ?? ''}` });
    }
    this.#nodes(graph.node, place, depth);
  }

  #nodes(nodes: readonly NodeProto[], place: Place, depth: number): void {
    for (const [index, node] of nodes.entries()) {
      const at: Place = { parent: place, step: `node ${node.name || `${node.opType ?? ''}_${index}`}` };
      for (const visitor of this.#visitors) visitor.node?.(node, at);
      for (const attribute of node.attribute) this.#attribute(attribute, node, at, depth);
    }
  }

  #attribute(attribute: AttributeProto, node: NodeProto | undefined, parent: Place, depth: number): void {
    const place: Place = { parent, step: attribute.name ?? '' };
    for (const visitor of this.#visitors) visitor.attribute?.(attribute, node, place);
    if (attribute.t) this.#tensor(attribute.t, place);
    for (const tensor of attribute.tensors) this.#tensor(tensor, place);
    if (attribute.sparseTensor) this.#sparse(attribute.sparseTensor, place);
    for (const sparse of attribute.sparseTensors) this.#sparse(sparse, place);
    if (attribute.g) this.#graph(attribute.g, place, depth + 1);
    for (const graph of attribute.graphs) this.#graph(graph, place, depth + 1);
  }

  #sparse(sparse: SparseTensorProto, place: Place): void {
    for (const visitor of this.#visitors) visitor.sparse?.(sparse, place);
    if (sparse.values) this.#tensor(sparse.values, { parent: place, step: 'values' });
    if (sparse.indices) this.#tensor(sparse.indices, { parent: place, step: 'indices' });
  }

  #tensor(tensor: TensorProto, place: Place): void {
    for (const visitor of this.#visitors) visitor.tensor?.(tensor, place);
  }
}
