/**
 * Weights kept as bfloat16, with a Cast to float32 that ONNX Runtime carries out once, when it loads the model: half the
 * file, the range of float32, and the same speed and memory afterwards. CPUs of ONNX Runtime 1.30 do not calculate in it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeNode } from '../../onnx/build.ts';
import { constants } from '../../onnx/clean-up/constants.ts';
import { dropInitializerInputs } from '../../onnx/clean-up/initializer-inputs.ts';
import { nodeNames } from '../../onnx/clean-up/node-names.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import { namesOfModel } from '../../onnx/fresh-names.ts';
import { graphsBelow, nodesBelow, opsetVersion } from '../../onnx/graph.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import { upgradeOpset } from '../../onnx/opset-upgrade/upgrade.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { notApplicable, skipped, upgradeObstacle } from '../applicability.ts';
import { checkExcluded, parseOptions } from '../check-options.ts';
import { clampFindings } from '../clamp-findings.ts';
import { floatWeights, withoutFloatWeights } from '../float-weights.ts';
import { type ClampedTensor, HalfWeights } from '../half-weights.ts';
import type { QuantizeDeps, QuantizeInput, QuantizeOutput, Quantizer } from '../quantizer.ts';
import { bfloat16Options } from './options.ts';

const METHOD = 'bfloat16';

/** Cast knows bfloat16 since opset 13. */
const OPSET = 13;

/** Lists of no more are scalars, axes, scales and sizes: readers of the graph look for their values. */
const SMALL_VALUES = 16;

export const bfloat16: Quantizer = {
  requires: (model) => skipped(METHOD, obstacle(model)),
  run,
};

function obstacle(model: OnnxModel): string | undefined {
  const reason = withoutFloatWeights(model);
  if (reason !== undefined) return reason;
  const graphs = { ...model.proto, functions: [] };
  if (floatWeights({ proto: graphs }).some(({ tensor, sparse }) => sparse === undefined && isWeight(tensor)))
    return upgradeObstacle(model.proto, OPSET);
  return `no float32 weight of it has two dims or more than ${SMALL_VALUES} values`;
}

function isWeight(tensor: TensorProto): boolean {
  return tensor.dataType === DATA_TYPES.float32.code && isLarge(tensor.dims);
}

function isLarge(dims: readonly number[]): boolean {
  const count = elementCount(dims);
  return count > SMALL_VALUES || (dims.length > 1 && count > 0);
}

async function run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput> {
  const options = parseOptions(bfloat16Options, input.options, METHOD);
  const reason = obstacle(input.model);
  if (reason !== undefined) throw notApplicable(METHOD, reason);
  nodeNames.run(input.model.proto);
  const excluded = checkExcluded(input.model.proto.graph, options.excludeNodes);
  const proto = upgradeOpset(input.model.proto, OPSET);
  dropInitializerInputs(proto);
  constants.run(proto);
  const chosen = chosenWeights(proto.graph, excluded);
  if (chosen.size === 0) throw notApplicable(METHOD, 'excludeNodes leaves no weight');
  const quantizedNodes = countUsers(proto.graph, new Set([...chosen].map(({ name = '' }) => name)));
  const clamped = await storeWeights(proto, chosen, deps);
  const opset = opsetVersion(proto) ?? OPSET;
  return {
    proto,
    recipe: { method: METHOD, precision: METHOD, options, calibration: null, opset, quantizedNodes },
    findings: clampFindings(clamped, 'bfloat16'),
  };
}

/** Each weight under a new name, and a Cast at the beginning of its graph that gives it back under the old one. */
async function storeWeights(
  proto: ModelProto & { graph: GraphProto },
  chosen: ReadonlySet<TensorProto>,
  { signal, report }: QuantizeDeps,
): Promise<readonly ClampedTensor[]> {
  const [weights, names] = [new HalfWeights('bfloat16'), namesOfModel(proto)];
  let done = 0;
  for (const { graph } of [...graphsBelow(proto.graph, [])]) {
    const casts: NodeProto[] = [];
    for (const [index, tensor] of graph.initializer.entries()) {
      if (!chosen.has(tensor)) continue;
      await nextTurn();
      signal.throwIfAborted();
      const { name = '' } = tensor;
      const stored = names.make(`${name}_bfloat16`);
      graph.initializer[index] = { ...weights.convert(tensor, name), name: stored };
      casts.push(castBack(stored, name, names.make(`${stored}_Cast`)));
      done += 1;
      report(done, chosen.size, 'tensors');
    }
    graph.node = [...casts, ...graph.node];
  }
  return weights.clamped;
}

function castBack(stored: string, name: string, node: string): NodeProto {
  return makeNode('Cast', [stored], [name], { name: node, attributes: { to: BigInt(DATA_TYPES.float32.code) } });
}

/** Not those of excluded nodes, and not what a graph gives out as it is. */
function chosenWeights(graph: GraphProto, excluded: ReadonlySet<string>): Set<TensorProto> {
  const graphs = [...graphsBelow(graph, [])].map((placed) => placed.graph);
  const readers = [...nodesBelow(graph.node)].filter(({ name = '' }) => excluded.has(name));
  const kept = new Set([
    ...readers.flatMap(({ input }) => input),
    ...graphs.flatMap(({ output }) => output.map(({ name = '' }) => name)),
  ]);
  const weights = graphs.flatMap(({ initializer }) => initializer.filter(isWeight));
  return new Set(weights.filter(({ name = '' }) => !kept.has(name)));
}

/** Operator → how many nodes take one of the weights, sorted. */
function countUsers(graph: GraphProto, weights: ReadonlySet<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { opType = '', input } of nodesBelow(graph.node)) {
    if (input.some((name) => weights.has(name))) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
