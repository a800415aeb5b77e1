/** Who is compared with the reference. */
import { openModel } from '../../../src/onnx/open.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { inferShapes } from '../../../src/runtime/shapes.ts';
import type { Fact } from './facts.ts';

export interface PlacedFacts {
  readonly place: readonly string[];
  readonly values: ReadonlyMap<string, Fact>;
}

/** The main graph first, then its subgraphs as far as the engine looks into them. */
export type Engine = (path: string) => Promise<readonly PlacedFacts[]>;

function tensorFacts(tensors: Readonly<Record<string, TensorInfo>>): Map<string, Fact> {
  const known = Object.entries(tensors).filter(([, { dataType }]) => dataType !== null);
  return new Map(known.map(([name, info]) => [name, { kind: 'tensor', ...info, element: null }]));
}

/** Before there was an engine of our own: src/runtime/shapes.ts, tensors of the main graph only. */
async function onnxRuntime(path: string): Promise<readonly PlacedFacts[]> {
  const shapes = await inferShapes(openModel(path), {
    signal: new AbortController().signal,
    onRefused: (reason) => {
      throw reason;
    },
  });
  return [{ place: [], values: tensorFacts(shapes ?? {}) }];
}

export const ENGINES: Readonly<Record<string, Engine>> = { onnxruntime: onnxRuntime };
