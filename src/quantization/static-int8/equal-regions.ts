/** Where the channels of activations may be scaled at no cost: the convolutions before and behind take the factors. */
import { textAttribute } from '../../onnx/attribute.ts';
import { type GraphIndex, indexGraph } from '../../onnx/graph.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { WeightedNode } from '../weighted-nodes.ts';

/** Tensors that must share their factors, as the convolutions that make and take them. One may do both. */
export interface EqualRegion {
  readonly producers: readonly WeightedNode[];
  /** Their data inputs are the tensors that become integers. */
  readonly consumers: readonly WeightedNode[];
  readonly channels: number;
}

const always = () => true;

/**
 * Operators through which a positive factor per channel passes, f(s · x) = s · f(x), and when. Resize with
 * tf_crop_and_resize may put a constant of its own beside the image (Operators.md of ONNX, Resize).
 */
const PASSING: Readonly<Record<string, (node: NodeProto) => boolean>> = {
  Relu: always,
  LeakyRelu: always,
  MaxPool: (node) => node.output.length === 1,
  AveragePool: always,
  GlobalAveragePool: always,
  GlobalMaxPool: always,
  Resize: (node) => textAttribute(node, 'coordinate_transformation_mode', '') !== 'tf_crop_and_resize',
  Identity: always,
};

/** @param convolutions those whose weight and bias nobody else takes may change, and no other node */
export function equalRegions(editor: GraphEditor, convolutions: readonly WeightedNode[]): EqualRegion[] {
  const index = indexGraph(editor.graph);
  const isOwn = (name: string) => index.consumers.get(name)?.length === 1 && !editor.isGraphOutput(name);
  const mayChange = new Map<NodeProto, WeightedNode>(
    convolutions
      .filter(({ node }) => node.input.slice(1).filter(Boolean).every(isOwn))
      .map((item) => [item.node, item]),
  );
  const done = new Set<NodeProto>();
  const regions: EqualRegion[] = [];
  for (const item of mayChange.values()) {
    if (done.has(item.node)) continue;
    const region = regionOf(item, index, editor, mayChange);
    for (const { node } of region?.producers ?? []) done.add(node);
    if (region !== undefined) regions.push(region);
  }
  return regions;
}

/** Undefined where somebody makes or takes one of the tensors who cannot take the factors. */
function regionOf(
  first: WeightedNode,
  { producers, consumers }: GraphIndex,
  editor: GraphEditor,
  mayChange: ReadonlyMap<NodeProto, WeightedNode>,
): EqualRegion | undefined {
  const [made, taken] = [new Set<WeightedNode>(), new Set<WeightedNode>()];
  const reached = new Set<string>();
  const ahead = [first.node.output[0] as string];
  for (let tensor = ahead.pop(); tensor !== undefined; tensor = ahead.pop()) {
    if (reached.has(tensor)) continue;
    reached.add(tensor);
    const producer = producers.get(tensor);
    if (producer === undefined || editor.isGraphOutput(tensor)) return undefined;
    const maker = mayChange.get(producer);
    if (maker !== undefined) made.add(maker);
    else if (!passes(producer, tensor, ahead)) return undefined;
    for (const consumer of consumers.get(tensor) ?? []) {
      const taker = mayChange.get(consumer);
      if (taker !== undefined && taker.data === tensor) taken.add(taker);
      else if (!passes(consumer, tensor, ahead)) return undefined;
    }
  }
  // With other ranks or channels an Add would lay the channels of one side along another axis of the other.
  const { dims } = first.weight;
  const channels = dims[0] as number;
  const isEven = [...made].every(({ weight }) => weight.dims[0] === channels && weight.dims.length === dims.length);
  return isEven && taken.size > 0 ? { producers: [...made], consumers: [...taken], channels } : undefined;
}

/** Puts the tensors on the other sides of a node that passes factors into `ahead`. */
function passes(node: NodeProto, tensor: string, ahead: string[]): boolean {
  if (node.domain) return false;
  const isOutput = node.output.includes(tensor);
  if (node.opType === 'Add') {
    ahead.push(...node.input, ...node.output);
    return true;
  }
  const { opType = '' } = node;
  const isPassing = Object.hasOwn(PASSING, opType) && PASSING[opType]?.(node);
  if (!isPassing || (!isOutput && node.input.lastIndexOf(tensor) !== 0)) return false;
  ahead.push(node.input[0] as string, node.output[0] as string);
  return true;
}
