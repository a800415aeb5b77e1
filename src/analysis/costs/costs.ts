/** What one run of a model costs, as far as shapes tell. */
import type { NimifyError } from '../../base/errors.ts';
import { type Bindings, bindInputs } from '../../onnx/bindings.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import { realInputs, tensorInfo } from '../../onnx/value-info.ts';
import type { OpenSession } from '../../runtime/session.ts';
import { inferShapes, type ModelShapes } from '../../runtime/shapes.ts';
import { type SizesOfDims, sizesOfDims } from './bindings.ts';
import type { CostFacts } from './facts.ts';
import { summarize } from './summary.ts';
import { viewOf } from './view.ts';

export interface Costs {
  /** With the dims bound that the user gave; others as the model names them. */
  readonly shapes: ModelShapes;
  readonly facts: CostFacts;
}

export interface CostOptions {
  readonly signal: AbortSignal;
  readonly temporaryFolder?: string;
  /** False where ONNX Runtime is known to refuse the model. */
  readonly canLoad?: boolean;
  /** Symbol or `input:axis` → size. */
  readonly bind: Bindings;
  readonly openSession?: OpenSession;
}

/** Batches that the table of device memory tells when the batch is open. */
const BATCHES = [1, 8, 32] as const;

/**
 * @param onRefused hears why ONNX Runtime could not tell the shapes that the rules leave open
 * @throws NimifyError USAGE for a binding that names no open dim of the inputs
 */
export async function costsOf(
  model: OnnxModel,
  options: CostOptions,
  onRefused: (reason: NimifyError) => void,
): Promise<Costs> {
  const inputs = realInputs(model.proto.graph).map(tensorInfo);
  bindInputs(inputs, options.bind);
  const sizes = sizesOfDims(inputs, options.bind);
  const { bindings, assumed, batch } = sizes;
  const infer = (bind: Bindings, hear: (reason: NimifyError) => void = () => {}): Promise<ModelShapes> =>
    inferShapes(model, {
      bind,
      signal: options.signal,
      onRefused: hear,
      canLoad: options.canLoad ?? true,
      ...(options.temporaryFolder === undefined ? {} : { temporaryFolder: options.temporaryFolder }),
      ...(options.openSession === undefined ? {} : { openSession: options.openSession }),
    });
  const given = Object.fromEntries(Object.entries(bindings).filter(([key]) => !assumed.includes(key)));
  const shapes = await infer(given, onRefused);
  const view = viewOf(model.proto, assumed.length === 0 ? shapes : await infer(bindings));
  if (batch === undefined || !assumed.includes(batch)) {
    return { shapes, facts: summarize({ view, sizes, batches: [fixedBatch(model, sizes)] }) };
  }
  const doubled = viewOf(model.proto, await infer({ ...bindings, [batch]: 2 }));
  return { shapes, facts: summarize({ view, doubled, sizes, batches: BATCHES }) };
}

/** What the user gave, or the first dim of the first input. */
function fixedBatch(model: OnnxModel, { batch, bindings }: SizesOfDims): number {
  if (batch !== undefined) return bindings[batch] ?? 1;
  const [first] = realInputs(model.proto.graph).map(tensorInfo);
  const dim = first?.shape?.[0];
  return typeof dim === 'number' && (first?.shape?.length ?? 0) > 1 && dim > 0 ? dim : 1;
}
