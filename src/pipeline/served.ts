/** The model that a service will serve: the chosen candidate, or the original, as ONNX Runtime sees it. */
import { analyzeModel } from '../analysis/analyze.ts';
import { type OnnxModel, openModel } from '../onnx/open.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import type { Precision, Recipe } from '../quantization/quantizer.ts';
import { openSession } from '../runtime/session.ts';
import type { MadeCandidate } from './candidates.ts';
import type { RunnableModel } from './model.ts';
import { precisionOf } from './precision.ts';
import type { PipelineDeps } from './requests.ts';

export interface ServedModel {
  readonly model: OnnxModel;
  readonly sha256: string;
  readonly precision: Precision;
  /** Quantizer id, or `original`. */
  readonly method: string;
  readonly recipe: Recipe | null;
  readonly weightBytes: number;
  readonly peakActivationBytes: number | null;
  readonly sourceSha256: string;
  readonly states: readonly { readonly input: string; readonly output: string }[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** @param chosen id of one that was made, or `original` */
export async function servedModel(
  known: RunnableModel,
  made: readonly MadeCandidate[],
  chosen: string,
  deps: PipelineDeps,
): Promise<ServedModel> {
  const winner = made.find((m) => m.candidate.id === chosen);
  const path = winner?.path ?? known.model.path;
  const model = winner === undefined ? known.model : openModel(path);
  const sha256 = winner?.candidate.sha256 ?? known.sha256;
  const analysis =
    winner === undefined ? known.analysis : await analyzeModel(model, { sha256, signal: deps.signal, shapes: 'skip' });
  return {
    model,
    sha256,
    precision: winner?.candidate.recipe?.precision ?? precisionOf(known.model.proto, known.analysis),
    method: winner?.candidate.recipe?.method ?? 'original',
    recipe: winner?.candidate.recipe ?? null,
    weightBytes: analysis.weightBytes,
    peakActivationBytes: known.analysis.memory.peakActivationBytes,
    sourceSha256: known.sha256,
    states: statesOf(known),
    ...(await signature(path, analysis, deps)),
  };
}

/** ONNX Runtime prints `[]` for scalars and for unknown ranks alike: the model's own declaration tells them apart. */
async function signature(
  path: string,
  declared: { readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] },
  deps: PipelineDeps,
): Promise<Pick<ServedModel, 'inputs' | 'outputs'>> {
  const session = await (deps.openSession ?? openSession)(path, { graphOptimization: 'disabled' });
  const merge = (seen: readonly TensorInfo[], said: readonly TensorInfo[]): TensorInfo[] =>
    seen.map((tensor) => {
      const own = said.find((t) => t.name === tensor.name);
      return tensor.shape?.length === 0 && own?.shape === null ? { ...tensor, shape: null } : tensor;
    });
  try {
    return { inputs: merge(session.inputs, declared.inputs), outputs: merge(session.outputs, declared.outputs) };
  } finally {
    await session.release();
  }
}

/** As the analysis found them; quantization keeps the names. */
function statesOf({ analysis }: RunnableModel): ServedModel['states'] {
  return analysis.findings
    .filter(({ code }) => code === 'SEQUENCE_STATE')
    .map(({ args }) => ({ input: String(args.input), output: String(args.output) }));
}
