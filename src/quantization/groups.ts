/** The parts of a model that may stay float one by one: what a search leaves out. */
import { nodeNames } from '../onnx/clean-up/node-names.ts';
import { GraphEditor } from '../onnx/graph-editor.ts';
import type { OnnxModel } from '../onnx/open.ts';
import { tensorByteLength } from '../onnx/tensor.ts';
import { WEIGHTED_OPERATORS, weightedNodes } from './weighted-nodes.ts';

export interface NodeGroup {
  /** Name of its first node, and of its last where there are several. */
  readonly name: string;
  /** Names as excludeNodes takes them. */
  readonly nodes: readonly string[];
  /** Of the first node. */
  readonly operator: string;
  /** Bytes of the float weights. */
  readonly weightBytes: number;
}

/**
 * Nodes with constant weights in the order of the main graph, neighbours together where there are more than `most`.
 * Unnamed nodes of `model` get the names that quantizers give them.
 */
export function nodeGroups({ proto }: OnnxModel, most: number): NodeGroup[] {
  nodeNames.run(proto);
  const { graph } = proto;
  const items = weightedNodes(graph, new GraphEditor(graph), WEIGHTED_OPERATORS);
  const size = Math.max(1, Math.ceil(items.length / most));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => {
    const part = items.slice(index * size, (index + 1) * size);
    const nodes = part.map(({ node }) => node.name);
    const [first, last] = [nodes[0] as string, nodes.at(-1) as string];
    return {
      name: first === last ? first : `${first} … ${last}`,
      nodes,
      operator: part[0]?.operator as string,
      weightBytes: part.reduce((sum, { weight }) => sum + tensorByteLength(weight), 0),
    };
  });
}
