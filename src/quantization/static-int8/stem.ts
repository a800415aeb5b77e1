/** Convolutions at the entrance of a network that cost more as integers than as floats. */
import type { GraphProto } from '../../onnx/proto.ts';
import type { WeightedNode } from '../weighted-nodes.ts';

/**
 * A convolution at the entrance with fewer input channels per group, and at most so many outputs, does not pay as an
 * integer one: there are few products per value that must be quantized first, and its error passes through the whole
 * network. Measured with one thread on a processor with VNNI: 16×3×3×3 and the depthwise 16×1×3×3 behind it as floats
 * took 15 % off the time of a face detector and gave 2.4 dB, 8×1×5×5 took 23 % off a digit classifier; 32×1×5×5 pays as
 * integers. TensorRT's advice is to skip convolutions of fewer than 16 channels too.
 */
const FEW_CHANNELS = 8;
const FEW_OUTPUTS = 16;

/**
 * Names of the convolutions with few channels that read nothing but graph inputs, other such convolutions, and what
 * lies between: behind the first node that is quantized the values are integers already, and nothing is saved.
 */
export function stemNodes(graph: GraphProto, chosen: readonly WeightedNode[]): ReadonlySet<string> {
  const weighted = new Map(chosen.map((item) => [item.node as object, item]));
  const stem = new Set<string>();
  /** Tensors that are made from the input by float operators only. */
  const early = new Set(graph.input.map((input) => input.name ?? ''));
  for (const node of graph.node) {
    const item = weighted.get(node);
    const isInStem = item !== undefined && early.has(item.data) && hasFewChannels(item);
    if (isInStem) stem.add(item.node.name);
    if (item !== undefined && !isInStem) continue;
    const data = node.input.filter((name) => name !== '');
    if (data.some((name) => early.has(name))) for (const output of node.output) early.add(output);
  }
  return stem;
}

/** The first dim of the weight of Conv counts its outputs, the second the channels of one group. */
function hasFewChannels({ operator, weight: { dims } }: WeightedNode): boolean {
  return operator === 'Conv' && (dims[0] as number) <= FEW_OUTPUTS && (dims[1] as number) < FEW_CHANNELS;
}
