/** What one run of a model costs, as far as shapes tell. */
import type { NimifyError } from '../../base/errors.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import type { GraphProto } from '../../onnx/proto.ts';
import { realInputs, tensorInfo } from '../../onnx/value-info.ts';
import { inferShapes, type ModelShapes } from '../../runtime/shapes.ts';
import type { CostFacts } from './facts.ts';
import { KnownShapes } from './known-shapes.ts';
import { countMacs } from './macs.ts';
import { peakActivationBytes } from './memory.ts';
import { nodeCosts } from './nodes.ts';

export interface Costs {
  /** With dynamic dims as the model names them. */
  readonly shapes: ModelShapes;
  readonly facts: CostFacts;
}

export interface CostOptions {
  readonly signal: AbortSignal;
  readonly temporaryFolder?: string;
  /** False where ONNX Runtime is known to refuse the model. */
  readonly canLoad?: boolean;
}

/** @param onRefused hears why ONNX Runtime could not tell the shapes that the rules leave open */
export async function costsOf(
  model: OnnxModel,
  options: CostOptions,
  onRefused: (reason: NimifyError) => void,
): Promise<Costs> {
  const infer = (bind: Readonly<Record<string, number>>, hear = onRefused): Promise<ModelShapes> =>
    inferShapes(model, {
      bind,
      signal: options.signal,
      onRefused: hear,
      canLoad: options.canLoad ?? true,
      ...(options.temporaryFolder === undefined ? {} : { temporaryFolder: options.temporaryFolder }),
    });
  const shapes = await infer({});
  const batch = batchOfOne(model.proto.graph);
  const bound = Object.keys(batch).length === 0 ? shapes : await infer(batch, () => {});
  return { shapes, facts: factsOf(model, batch, new KnownShapes(bound.tensors)) };
}

function factsOf(model: OnnxModel, batch: Readonly<Record<string, number>>, shapes: KnownShapes): CostFacts {
  const nodes = nodeCosts(model.proto.graph, shapes);
  const macs = countMacs(model.proto, shapes);
  const peak = peakActivationBytes(model.proto.graph, shapes);
  const unknown = 'not known: shapes are open, or the work is in subgraphs or functions';
  return {
    bindings: batch,
    assumed: Object.keys(batch),
    macs,
    flops: null,
    parameterCount: nodes.reduce((sum, node) => sum + node.parameterCount, 0),
    parameterBytes: nodes.reduce((sum, node) => sum + node.parameterBytes, 0),
    activationBytes: null,
    peakActivationBytes: peak,
    peakNode: null,
    arithmeticIntensity: null,
    kvCache: null,
    deviceMemory: [],
    nodes,
    certainty: {
      macs: macs === null ? unknown : 'exact',
      peakActivationBytes: peak === null ? unknown : 'estimate: without in-place reuse and scratch memory of kernels',
    },
  };
}

/** The first dim of an input is taken for the batch where it is open. */
function batchOfOne(graph: GraphProto): Record<string, number> {
  const bind: Record<string, number> = {};
  for (const { name, shape } of realInputs(graph).map(tensorInfo)) {
    const first = shape?.[0];
    if (typeof first === 'string') bind[first] = 1;
    else if (first === null) bind[`${name}:0`] = 1;
  }
  return bind;
}
