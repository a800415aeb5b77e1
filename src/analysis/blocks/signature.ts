/** What makes two parts of a graph equal: operators with their windows, and how they are wired. Sizes are left out. */
import { intAttribute, intsAttribute } from '../../onnx/attribute.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { CellGraph } from './cells.ts';
import type { Dataflow } from './dataflow.ts';

const WINDOW = ['kernel_shape', 'strides', 'dilations'] as const;

export class Signatures {
  readonly #graph: CellGraph;
  /** Per cell; equal numbers for equal cells. */
  readonly #cells: readonly number[];

  constructor(flow: Dataflow, graph: CellGraph) {
    this.#graph = graph;
    const numbers = new Map<string, number>();
    this.#cells = graph.cells.map((cell) => {
      const text = cell.map((node) => operatorText(flow.nodes[node] as NodeProto)).join(' ');
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      return number;
    });
  }

  /** Equal for equal parts; cells must be ascending. */
  of(cells: readonly number[]): string {
    const places = new Map(cells.map((cell, place) => [cell, place]));
    return cells
      .map((cell) => {
        const next = (this.#graph.dag.successors[cell] as readonly number[]).flatMap((to) => places.get(to) ?? []);
        return `${this.#cells[cell]}>${next.join(',')}`;
      })
      .join(' ');
  }
}

function operatorText(node: NodeProto): string {
  const window = WINDOW.map((name) => intsAttribute(node, name)?.join('x') ?? '').join('/');
  const isGrouped = intAttribute(node, 'group', 1) > 1;
  const inner = node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs));
  const bodies = inner.map((graph) => `{${graph.node.map(operatorText).join(' ')}}`).join('');
  return `${node.domain ?? ''}:${node.opType ?? ''}${window === '//' ? '' : window}${isGrouped ? 'g' : ''}${bodies}`;
}
