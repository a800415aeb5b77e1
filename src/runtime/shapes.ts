/**
 * Types and shapes of every tensor of a model: by our own rules, which need neither a runtime nor weights; where those do
 * not know an operator or find that a node cannot be, ONNX Runtime is asked for what they left open.
 */
import { NimifyError } from '../base/errors.ts';
import type { OnnxModel } from '../onnx/open.ts';
import { type Inference, inferTypes, type ShapeProblem, type Shapes } from '../onnx/shapes/infer.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { ProbeOptions } from './probed-shapes.ts';

export interface ShapeOptions extends ProbeOptions {
  /** False where ONNX Runtime must not see the model, or is known to refuse it. */
  readonly canLoad?: boolean;
  /** Hears why ONNX Runtime did not help with what is open. */
  readonly onRefused?: (reason: NimifyError) => void;
}

/** Of the main graph, of each graph inside it, and what in them cannot be as the model says. */
export type ModelShapes = Pick<Inference, 'tensors' | 'subgraphs' | 'problems'>;

/** @throws the abort reason of the signal; a model that is damaged has shapes that are not known */
export async function inferShapes(model: OnnxModel, options: ShapeOptions): Promise<ModelShapes> {
  options.signal.throwIfAborted();
  const found = inferTypes(model.proto, options.bind === undefined ? {} : { bind: options.bind });
  if (options.canLoad === false || !needsRuntime(found)) return found;
  try {
    const { probeShapes } = await import('./probed-shapes.ts');
    const tensors = filled(found.tensors, await probeShapes(model, options));
    return { ...found, tensors, problems: found.problems.filter((problem) => !isForRuntime(problem)) };
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    options.onRefused?.(error);
    return found;
  }
}

/**
 * Where every operator is known, what is open depends on the data, and the runtime does not know it either. An operator
 * that is not known, or a node that cannot be, is one that the runtime has to judge.
 */
function needsRuntime({ unknownOperators, problems }: Inference): boolean {
  return unknownOperators.length > 0 || problems.some(isForRuntime);
}

/** Not those of branches, of which a model may have some that cannot run with all sizes. */
function isForRuntime({ kind, place }: ShapeProblem): boolean {
  return kind !== 'declaration' && place.length === 0;
}

function filled(known: Shapes, asked: Shapes): Shapes {
  return Object.fromEntries(
    Object.entries(known).map(([name, info]) => [
      name,
      joined(info, Object.hasOwn(asked, name) ? asked[name] : undefined),
    ]),
  );
}

/** Dims of ours first: the runtime merges what it infers with what the model declares. */
function joined(info: TensorInfo, other: TensorInfo | undefined): TensorInfo {
  if (other === undefined) return info;
  const { shape } = info;
  const dims = shape?.map(
    (dim, axis) => dim ?? (other.shape?.length === shape.length ? (other.shape[axis] ?? null) : null),
  );
  return { ...info, dataType: info.dataType ?? other.dataType, shape: dims ?? other.shape };
}
