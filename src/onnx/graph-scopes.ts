/** The graphs of a model under change, each with what it sees of those around it. */

import { FreshNames } from './fresh-names.ts';
import { subgraphsOf } from './graph.ts';
import { GraphEditor } from './graph-editor.ts';
import type { GraphProto, NodeProto, TensorProto } from './proto.ts';

/** A constant, and the graph that holds it. */
export interface ScopedConstant {
  readonly tensor: TensorProto;
  readonly home: GraphScope;
}

export class GraphScope {
  readonly graph: GraphProto;
  readonly editor: GraphEditor;
  /** The graph around this one; null for the main graph. */
  readonly outer: GraphScope | null;

  constructor(graph: GraphProto, outer: GraphScope | null, names: FreshNames) {
    this.graph = graph;
    this.editor = new GraphEditor(graph, names);
    this.outer = outer;
  }

  /** The constant behind a name that a node of this graph takes, wherever it stands. */
  constant(name: string): ScopedConstant | undefined {
    for (let scope: GraphScope | null = this; scope !== null; scope = scope.outer) {
      const tensor = scope.editor.constant(name);
      if (tensor !== undefined) return { tensor, home: scope };
      if (scope.editor.defines(name)) return undefined;
    }
    return undefined;
  }
}

/** The node that makes what a node of this graph takes, and the graph that holds it. */
export function scopedProducer(name: string, scope: GraphScope): { node: NodeProto; scope: GraphScope } | undefined {
  for (let at: GraphScope | null = scope; at !== null; at = at.outer) {
    const node = at.editor.producer(name);
    if (node !== undefined) return { node, scope: at };
    if (at.editor.defines(name)) return undefined;
  }
  return undefined;
}

/** The graph and all graphs in its nodes, outer before inner. New names are new to all of them. */
export function graphScopes(graph: GraphProto): GraphScope[] {
  const names = new FreshNames();
  const scopes: GraphScope[] = [];
  const visit = (inner: GraphProto, outer: GraphScope | null): void => {
    const scope = new GraphScope(inner, outer, names);
    scopes.push(scope);
    for (const node of inner.node) for (const { graph: next } of subgraphsOf(node)) visit(next, scope);
  };
  visit(graph, null);
  return scopes;
}
