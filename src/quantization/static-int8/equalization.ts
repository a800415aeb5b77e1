/**
 * Gives the channels between two convolutions the same span, so that a quiet channel does not lose its bits to a loud one:
 * what the first divides by a factor per channel, the second multiplies by it. Nagel et al., "Data-Free Quantization
 * Through Weight Equalization and Bias Correction" (2019), section 4.1, for spans that samples showed: weights have a
 * scale per output channel already, so that the first loses nothing, nor does a depthwise second. What another second
 * loses is weighed as in SmoothQuant: s = max|x|^α / max|w|^(1 − α).
 */
import { type Layer, readLayer } from '../../onnx/clean-up/layers.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { limitsOf } from '../affine.ts';
import { ChannelStatistics } from '../calibration/channel-statistics.ts';
import { expose, openObserved } from '../calibration/observed-model.ts';
import { walk } from '../calibration/ranges.ts';
import type { PreparedModel } from '../preparation/prepare.ts';
import type { QuantizeDeps } from '../quantizer.ts';
import type { WeightedNode } from '../weighted-nodes.ts';
import { weightForm } from '../weights.ts';
import { type ConvolutionView, channelLookup, expectedNoise, type Steps, viewOf } from './equal-noise.ts';
import { type EqualRegion, equalRegions } from './equal-regions.ts';
import { activationForm, type StaticInt8Options } from './options.ts';

/** 1 leaves nothing to the weights, and is best where the second is depthwise. */
const ALPHAS = [1, 0.8, 0.65, 0.5];
/** Of the noise must remain at most this much; a smaller gain may be one on these samples only. */
const MOST_REMAINING = 0.9;
/** Samples that are looked at: whichever factors come out of them, the float model computes the same. */
const MOST_SAMPLES = 32;
/** Of the loudest channel, or the largest weight: a channel that is silent in the samples may not be elsewhere. */
const LEAST_SHARE = 1 / 16;

/**
 * Changes weights and biases of the graph; nodes and tensors keep their names.
 * @param suitable nodes that may change
 * @returns how many regions were equalized
 */
export async function equalize(
  { proto, editor }: PreparedModel,
  suitable: readonly WeightedNode[],
  samples: SampleSet,
  options: StaticInt8Options,
  deps: QuantizeDeps,
): Promise<number> {
  const regions = equalRegions(
    editor,
    suitable.filter((item) => isConvolution(item, editor)),
  );
  if (regions.length === 0) return 0;
  const statistics = await measure(proto, regions, samples, deps);
  const steps = stepsOf(options);
  let equalized = 0;
  // From the end: behind a convolution whose outputs are even already, its noise counts alike in all of them.
  for (const region of regions.reverse()) {
    deps.signal.throwIfAborted();
    const views = region.consumers.map((item) => {
      const weight = editor.constant(item.node.input[1] as string) ?? item.weight;
      return viewOf({ ...item, weight }, statistics.get(item.data) as ChannelStatistics);
    });
    const factors = bestFactors(region, views, steps);
    if (factors === undefined) continue;
    apply(region, factors, editor);
    equalized += 1;
  }
  return equalized;
}

/** Channels are the second axis of what it takes and gives, and nobody computes its weight or bias. */
function isConvolution({ operator, node }: WeightedNode, editor: GraphEditor): boolean {
  return operator === 'Conv' && readLayer(node, editor) !== undefined;
}

function stepsOf(options: StaticInt8Options): Steps {
  const activations = limitsOf(activationForm(options));
  const weights = limitsOf(weightForm(options.weightType, options.reduceRange));
  return { ofActivations: activations.max - activations.min, ofWeights: weights.max - weights.min };
}

async function measure(
  proto: PreparedModel['proto'],
  regions: readonly EqualRegion[],
  samples: SampleSet,
  deps: QuantizeDeps,
): Promise<Map<string, ChannelStatistics>> {
  const statistics = new Map(
    regions.flatMap(({ consumers, channels }) => consumers.map(({ data }) => [data, new ChannelStatistics(channels)])),
  );
  const some = samples.pick(Array.from({ length: Math.min(samples.count, MOST_SAMPLES) }, (_, index) => index));
  const session = await openObserved({ proto: expose(proto, [...statistics.keys()]) }, deps);
  await walk(session, some, deps, (results) => {
    for (const [tensor, channels] of statistics) {
      const { data, dims } = results[tensor] as NonNullable<(typeof results)[string]>;
      const inner = dims.slice(2).reduce((product, dim) => product * dim, 1);
      channels.add(data as Float32Array, inner);
    }
  });
  return statistics;
}

/** Undefined where the region is best left as it is. */
function bestFactors(region: EqualRegion, views: readonly ConvolutionView[], steps: Steps): Float64Array | undefined {
  if (!views.every(({ statistics }) => statistics.isFinite)) return undefined;
  const noiseOf = (factors: Float64Array) => views.reduce((sum, view) => sum + expectedNoise(view, factors, steps), 0);
  const signals = withFloor(signalsOf(region, views));
  const weights = withFloor(weightsOf(region, views));
  let least = noiseOf(new Float64Array(region.channels).fill(1)) * MOST_REMAINING;
  let best: Float64Array | undefined;
  for (const alpha of ALPHAS) {
    const factors = signals.map((signal, channel) => signal ** alpha / (weights[channel] as number) ** (1 - alpha));
    const noise = noiseOf(factors);
    if (noise < least) [least, best] = [noise, factors];
  }
  return best;
}

/** Channel → its largest magnitude in the tensors that become integers. */
function signalsOf({ channels }: EqualRegion, views: readonly ConvolutionView[]): Float64Array {
  return Float64Array.from({ length: channels }, (_, channel) =>
    Math.max(...views.map(({ statistics }) => statistics.magnitude(channel))),
  );
}

/** Channel → the largest magnitude of the weights that read it. */
function weightsOf({ channels, consumers }: EqualRegion, views: readonly ConvolutionView[]): Float64Array {
  const largest = new Float64Array(channels);
  for (const [index, item] of consumers.entries()) {
    const channelOf = channelLookup(item);
    for (const [position, value] of (views[index] as ConvolutionView).data.entries()) {
      const channel = channelOf(position);
      largest[channel] = Math.max(largest[channel] as number, Math.abs(value));
    }
  }
  return largest;
}

/** In units of the largest one; 1 everywhere where all are 0. */
function withFloor(magnitudes: Float64Array): Float64Array {
  const largest = Math.max(...magnitudes);
  return magnitudes.map((value) => (largest === 0 ? 1 : Math.max(value / largest, LEAST_SHARE)));
}

function apply({ producers, consumers }: EqualRegion, factors: Float64Array, editor: GraphEditor): void {
  for (const { node } of producers) {
    const { weight, bias, dims, channels, channelOf } = readLayer(node, editor) as Layer;
    const even = weight.map((value, at) => value / (factors[channelOf(at)] as number));
    replaceInput(node, 1, { dataType: 'float32', dims, data: even }, editor);
    if (!node.input[2]) continue;
    const evenBias = bias.map((value, channel) => value / (factors[channel] as number));
    replaceInput(node, 2, { dataType: 'float32', dims: [channels], data: evenBias }, editor);
  }
  for (const item of consumers) {
    const { weight, dims } = readLayer(item.node, editor) as Layer;
    const channelOf = channelLookup(item);
    const data = weight.map((value, at) => value * (factors[channelOf(at)] as number));
    replaceInput(item.node, 1, { dataType: 'float32', dims, data }, editor);
  }
}

function replaceInput(node: NodeProto, index: number, value: HostTensor, editor: GraphEditor): void {
  const name = node.input[index] as string;
  if (editor.replace(name, value)) return;
  node.input = node.input.with(index, editor.add(name, value));
  editor.removeUnused([name]);
}
