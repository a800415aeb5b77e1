/** Who is compared with the reference. */
import { allGraphs } from '../../../src/onnx/graph.ts';
import { openModel } from '../../../src/onnx/open.ts';
import { inferTypes, type Shapes } from '../../../src/onnx/shapes/infer.ts';
import { probeShapes } from '../../../src/runtime/probed-shapes.ts';
import { type Fact, factOfType, withoutOwnSymbols } from '../../onnx/shapes/facts.ts';

export interface PlacedFacts {
  readonly place: readonly string[];
  readonly values: ReadonlyMap<string, Fact>;
  /** The same with the symbols of the engine itself, where it has some. */
  readonly exact?: ReadonlyMap<string, Fact>;
}

/** The main graph first, then its subgraphs in the order of allGraphs, as far as the engine looks into them. */
export type Engine = (path: string) => Promise<readonly (PlacedFacts | undefined)[]>;

function tensorFacts(tensors: Shapes): Map<string, Fact> {
  const known = Object.entries(tensors).filter(([, { dataType }]) => dataType !== null);
  return new Map(known.map(([name, info]) => [name, { kind: 'tensor', ...info, element: null }]));
}

/** src/runtime/probed-shapes.ts: tensors of the main graph only. */
async function onnxRuntime(path: string): Promise<readonly PlacedFacts[]> {
  const shapes = await probeShapes(openModel(path), { signal: new AbortController().signal });
  return [{ place: [], values: tensorFacts(shapes) }];
}

/** src/onnx/shapes */
async function nimify(path: string): Promise<readonly (PlacedFacts | undefined)[]> {
  const { proto } = openModel(path);
  const { tensors, types, subgraphs } = inferTypes(proto);
  const byGraph = new Map(subgraphs.map((inner) => [inner.graph, inner]));
  byGraph.set(proto.graph, { place: [], graph: proto.graph, canRun: true, tensors, types });
  return [...allGraphs(proto)].map(({ graph }) => {
    const found = byGraph.get(graph);
    if (found === undefined) return undefined;
    const exact = new Map([...found.types].map(([name, type]) => [name, factOfType(type)]));
    const values = new Map([...exact].map(([name, fact]) => [name, withoutOwnSymbols(fact, found.tensors[name])]));
    return { place: found.place, values, exact };
  });
}

export const ENGINES: Readonly<Record<string, Engine>> = { nimify, onnxruntime: onnxRuntime };
