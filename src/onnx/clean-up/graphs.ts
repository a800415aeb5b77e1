/** The graphs that a clean-up may change, and the names that bind them together. */
import { graphsBelow, subgraphsOf } from '../graph.ts';
import type { AttributeProto, GraphProto, NodeProto } from '../proto.ts';
import type { EditableModel } from './pass.ts';

/** The main graph and its subgraphs, inner before outer: what an inner one no longer needs frees the outer one. */
export function editableGraphs({ graph }: EditableModel): GraphProto[] {
  return [...graphsBelow(graph, [])].map((placed) => placed.graph).reverse();
}

/** The same graph with lists and nodes of its own, subgraphs included; tensors and types are shared. */
export function ownGraph(graph: GraphProto): GraphProto {
  return {
    ...graph,
    node: graph.node.map(ownNode),
    initializer: [...graph.initializer],
    input: [...graph.input],
    output: [...graph.output],
    valueInfo: [...graph.valueInfo],
  };
}

function ownNode(node: NodeProto): NodeProto {
  const attribute = node.attribute.map(
    (old): AttributeProto => ({ ...old, ...(old.g && { g: ownGraph(old.g) }), graphs: old.graphs.map(ownGraph) }),
  );
  return { ...node, input: [...node.input], output: [...node.output], attribute };
}

/** Lets every reader of a tensor read another one, in subgraphs too, unless they have a tensor of that name themselves. */
export function renameUses(graph: GraphProto, renamed: ReadonlyMap<string, string>): void {
  if (renamed.size === 0) return;
  for (const node of graph.node) {
    node.input = node.input.map((name) => renamed.get(name) ?? name);
    for (const { graph: inner } of subgraphsOf(node)) {
      const own = ownNames(inner);
      const visible = new Map([...renamed].filter(([name]) => !own.has(name)));
      renameUses(inner, visible);
      inner.output = inner.output.map((value) => {
        const name = visible.get(value.name ?? '');
        return name === undefined ? value : { ...value, name };
      });
    }
  }
}

/** Names that subgraphs define themselves: there, they do not mean the tensors of this graph. */
export function namesInside(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  for (const { graph: inner } of graph.node.flatMap(subgraphsOf)) {
    for (const placed of graphsBelow(inner, [])) for (const name of ownNames(placed.graph)) names.add(name);
  }
  names.delete('');
  return names;
}

/** Names that the graph defines itself. */
function ownNames(graph: GraphProto): Set<string> {
  return new Set([
    ...graph.input.map(({ name = '' }) => name),
    ...graph.initializer.map(({ name = '' }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap((node) => node.output),
  ]);
}
