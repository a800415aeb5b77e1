/** From the graph of a model to blocks: see facts.ts for what they are. Reads no weights and costs what the graph costs. */
import type { GraphProto } from '../../onnx/proto.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { NodeCost } from '../costs/facts.ts';
import type { Analysis } from '../facts.ts';
import { type Canvas, drawGraph } from './draw.ts';
import type { BlockGraph } from './facts.ts';
import { shapesByGraph } from './shapes.ts';
import { costsByGraph } from './sums.ts';

type SubgraphShapes = Analysis['subgraphShapes'][number];

export interface BlockOptions {
  /** Costs of the nodes of the main graph and of its subgraphs, outer before inner; without them sums are null. */
  readonly costs?: readonly NodeCost[];
  /** Tensors of the main graph. */
  readonly shapes?: Readonly<Record<string, TensorInfo>>;
  /** Tensors of graphs inside of nodes, by the way to them. */
  readonly subgraphShapes?: readonly SubgraphShapes[];
  /** Blocks of the outermost level, at most. */
  readonly most?: number;
  /** Blocks in all, those inside of others included; the outermost level may take more. */
  readonly mostInAll?: number;
}

const MOST = 24;
const MOST_IN_ALL = 40;

/** Folds the main graph of a model and draws its subgraphs inside of the blocks that hold them. */
export function blockGraph(graph: GraphProto, options: BlockOptions = {}): BlockGraph {
  const { shapes = {}, subgraphShapes = [], costs = [], most = MOST, mostInAll = MOST_IN_ALL } = options;
  const canvas: Canvas = {
    costs: costsByGraph(graph, costs),
    shapes: shapesByGraph(graph, shapes, subgraphShapes),
    room: mostInAll,
    drawn: new Set(),
  };
  return drawGraph(graph, canvas, { most, depth: 0, isOuterWeight: () => false });
}
