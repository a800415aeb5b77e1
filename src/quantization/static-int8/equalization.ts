/**
 * Gives the channels between two convolutions the same span, so that a quiet channel does not lose its bits to a loud one:
 * what the first divides by a factor per channel, the second multiplies by it. Nagel et al., "Data-Free Quantization
 * Through Weight Equalization and Bias Correction" (2019), section 4.1, for spans that samples showed: weights have a
 * scale per output channel already, so that the first loses nothing, nor does a depthwise second. What another second
 * loses is weighed by powers as in SmoothQuant: s = max|x|^p / max|w|^q. Even channels all reach the end of the range, where
 * samples that were not seen are cut off: one half of the samples makes the factors, and the other one says how many are.
 */
import { type Layer, readLayer } from '../../onnx/clean-up/layers.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { elementCount, type HostTensor } from '../../onnx/tensor.ts';
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
import { Overshoot } from './overshoot.ts';

/** Powers of signals and of weights. The first is best for a depthwise second, smaller ones leave room for the unseen. */
const POWERS = [
  { signal: 1, weight: 0 },
  { signal: 0.75, weight: 0 },
  { signal: 0.5, weight: 0 },
  { signal: 0.25, weight: 0 },
  { signal: 0.8, weight: 0.2 },
  { signal: 0.65, weight: 0.35 },
  { signal: 0.5, weight: 0.5 },
  { signal: 0.4, weight: 0.2 },
] as const;
/** Of the noise must remain at most this much; a smaller gain may be one on these samples only. */
const MOST_REMAINING = 0.9;
/** Samples that are looked at: whichever factors come out of them, the float model computes the same. */
const MOST_SAMPLES = 32;
/** Fewer say too little of what others would show: with 6 photographs a face detector lost 2 dB, with 12 it gained 1. */
const LEAST_SAMPLES = 8;
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
  if (regions.length === 0 || samples.count < LEAST_SAMPLES) return 0;
  const seen = await measure(proto, regions, samples, deps);
  const steps = stepsOf(options);
  let equalized = 0;
  // From the end: behind a convolution whose outputs are even already, its noise counts alike in all of them.
  for (const region of regions.reverse()) {
    deps.signal.throwIfAborted();
    const views = region.consumers.map((item) => {
      const weight = editor.constant(item.node.input[1] as string) ?? item.weight;
      return viewOf({ ...item, weight }, seen.get(item.data) as Seen);
    });
    const factors = bestFactors(region, views, seen, steps);
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

/** What the samples showed of one tensor: one half of them, the other half beyond it, and both. */
interface Seen {
  readonly statistics: ChannelStatistics;
  readonly overshoot: Overshoot;
  readonly all: ChannelStatistics;
}

async function measure(
  proto: PreparedModel['proto'],
  regions: readonly EqualRegion[],
  samples: SampleSet,
  deps: QuantizeDeps,
): Promise<Map<string, Seen>> {
  const channels = new Map(
    regions.flatMap((region) => region.consumers.map(({ data }) => [data, region.channels] as const)),
  );
  const model = { proto: expose(proto, [...channels.keys()]) };
  const indices = Array.from({ length: Math.min(samples.count, MOST_SAMPLES) }, (_, index) => index);
  const look = async (parity: number, take: (tensor: string, values: Float32Array, inner: number) => void) => {
    const half = samples.pick(indices.filter((index) => index % 2 === parity));
    await walk(await openObserved(model, deps), half, deps, (results) => {
      for (const tensor of channels.keys()) {
        const { data, dims } = results[tensor] as NonNullable<(typeof results)[string]>;
        take(tensor, data as Float32Array, elementCount(dims.slice(2)));
      }
    });
  };
  const first = new Map([...channels].map(([tensor, count]) => [tensor, new ChannelStatistics(count)]));
  await look(0, (tensor, values, inner) => first.get(tensor)?.add(values, inner));
  const second = new Map([...channels].map(([tensor, count]) => [tensor, new ChannelStatistics(count)]));
  const beyond = new Map([...first].map(([tensor, statistics]) => [tensor, new Overshoot(statistics)]));
  await look(1, (tensor, values, inner) => {
    second.get(tensor)?.add(values, inner);
    beyond.get(tensor)?.add(values, inner);
  });
  return new Map(
    [...first].map(([tensor, statistics]) => {
      const all = statistics.with(second.get(tensor) as ChannelStatistics);
      return [tensor, { statistics, overshoot: beyond.get(tensor) as Overshoot, all }];
    }),
  );
}

/** Undefined where the region is best left as it is. */
function bestFactors(
  region: EqualRegion,
  views: readonly ConvolutionView[],
  seen: ReadonlyMap<string, Seen>,
  steps: Steps,
): Float64Array | undefined {
  const all = region.consumers.map(({ data }) => (seen.get(data) as Seen).all);
  if (!all.every((statistics) => statistics.isFinite)) return undefined;
  const noiseOf = (factors: Float64Array) => views.reduce((sum, view) => sum + expectedNoise(view, factors, steps), 0);
  const weights = withFloor(weightsOf(region, views));
  const half = withFloor(
    signalsOf(
      region,
      views.map(({ statistics }) => statistics),
    ),
  );
  let least = noiseOf(new Float64Array(region.channels).fill(1)) * MOST_REMAINING;
  let best: (typeof POWERS)[number] | undefined;
  for (const powers of POWERS) {
    const noise = noiseOf(factorsOf(half, weights, powers));
    if (noise < least) [least, best] = [noise, powers];
  }
  return best && factorsOf(withFloor(signalsOf(region, all)), weights, best);
}

function factorsOf(signals: Float64Array, weights: Float64Array, powers: (typeof POWERS)[number]): Float64Array {
  return signals.map((signal, channel) => signal ** powers.signal / (weights[channel] as number) ** powers.weight);
}

/** Channel → its largest magnitude in the tensors that become integers. */
function signalsOf({ channels }: EqualRegion, statistics: readonly ChannelStatistics[]): Float64Array {
  return Float64Array.from({ length: channels }, (_, channel) =>
    Math.max(...statistics.map((seen) => seen.magnitude(channel))),
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
