/** What one run of a model costs, as far as shapes tell. */
import { NimifyError } from '../base/errors.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { GraphProto } from '../onnx/proto.ts';
import { realInputs, tensorInfo } from '../onnx/value-info.ts';
import { inferShapes, type Shapes } from '../runtime/shapes.ts';
import { KnownShapes } from './known-shapes.ts';
import { countMacs } from './macs.ts';
import { peakActivationBytes } from './memory.ts';

export interface Costs {
  /** With dynamic dims as the model names them. */
  readonly shapes: Shapes | null;
  /** Of a batch of 1. */
  readonly macs: number | null;
  readonly peakActivationBytes: number | null;
}

export interface CostOptions {
  readonly signal: AbortSignal;
  readonly temporaryFolder?: string;
}

const NOTHING: Costs = { shapes: null, macs: null, peakActivationBytes: null };

/** @param onRefused hears why, when the shapes are null */
export async function costsOf(
  model: OnnxModel,
  options: CostOptions,
  onRefused: (reason: NimifyError) => void,
): Promise<Costs> {
  const infer = (bind: Readonly<Record<string, number>>, hear = onRefused): Promise<Shapes | null> =>
    inferShapes(model, {
      bind,
      signal: options.signal,
      onRefused: hear,
      ...(options.temporaryFolder === undefined ? {} : { temporaryFolder: options.temporaryFolder }),
    });
  try {
    const shapes = await infer({});
    if (shapes === null) return NOTHING;
    const batch = batchOfOne(model.proto.graph);
    const bound = Object.keys(batch).length === 0 ? shapes : ((await infer(batch, () => {})) ?? shapes);
    const known = new KnownShapes(bound);
    const { graph } = model.proto;
    return { shapes, macs: countMacs(model.proto, known), peakActivationBytes: peakActivationBytes(graph, known) };
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    onRefused(error);
    return NOTHING;
  }
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
