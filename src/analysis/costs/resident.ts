/** The weights that are in memory while a model runs: constants that a node reads, or that are results. */
import type { NodeProto } from '../../onnx/proto.ts';
import type { GraphView } from './view.ts';

export interface ResidentWeight {
  readonly name: string;
  readonly view: GraphView;
  /** The first node that reads it, and as which input. */
  readonly reader: NodeProto;
  readonly input: number;
}

/** Constants that only others are calculated from are gone before the first run; each that is left stands here once. */
export function residentWeights(view: GraphView): ResidentWeight[] {
  return [...collect(view, new Map()).values()];
}

function collect(view: GraphView, found: Map<unknown, ResidentWeight>): Map<unknown, ResidentWeight> {
  for (const node of view.graph.node) {
    const inner = view.inner.get(node);
    if (inner === undefined && node.output.every((name) => name === '' || view.isConstant(name))) continue;
    // What a function is given, the nodes in its body read.
    const isCall = inner?.kind === 'call' && inner.views.length > 0;
    for (const [input, name] of (isCall ? [] : node.input).entries()) {
      if (name === '' || !view.isConstant(name)) continue;
      const constant = view.shapes.constant(name);
      const key = constant?.rawData ?? constant ?? `${view.place.join('/')}/${name}`;
      if (!found.has(key)) found.set(key, { name, view, reader: node, input });
    }
    for (const body of inner?.views ?? []) collect(body, found);
  }
  return found;
}
