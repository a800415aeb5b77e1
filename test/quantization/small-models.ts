/** Small models made in memory, for tests of the quantizers. */
import { type Dim, makeGraph, makeModel, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import type { OnnxModel } from '../../src/onnx/open.ts';
import type { NodeProto } from '../../src/onnx/proto.ts';
import { elementCount, type HostTensor } from '../../src/onnx/tensor.ts';
import type { QuantizeDeps } from '../../src/quantization/quantizer.ts';
import type { Feeds, SampleSet } from '../../src/runtime/feeds.ts';

export interface SmallModel {
  readonly nodes: NodeProto[];
  readonly input: readonly Dim[];
  readonly outputs?: readonly string[];
  readonly weights?: Readonly<Record<string, HostTensor>>;
  readonly opset?: number;
  /** Lists initializers as inputs too, as old exporters do. */
  readonly hasOverridableWeights?: boolean;
}

export function smallModel(parts: SmallModel): OnnxModel {
  const weights = Object.entries(parts.weights ?? {});
  const graph = makeGraph({
    name: 'small',
    // Quantizers may change nodes in place; a table of cases makes several models of the same ones.
    nodes: structuredClone(parts.nodes),
    inputs: [
      makeValueInfo('x', 'float32', parts.input),
      ...(parts.hasOverridableWeights ? weights.map(([name, w]) => makeValueInfo(name, w.dataType, w.dims)) : []),
    ],
    outputs: (parts.outputs ?? ['y']).map((name) => makeValueInfo(name, 'float32', null)),
    initializers: weights.map(([name, weight]) => makeTensor(name, weight)),
  });
  const proto = makeModel({ graph, opset: parts.opset ?? 13, irVersion: parts.hasOverridableWeights ? 3 : 8 });
  return { path: 'small.onnx', sizeBytes: 0, proto, externalFiles: [] };
}

/** Values between −1 and 1 that look random and are always the same. */
export function wave(dims: readonly number[], seed = 1): HostTensor {
  const at = (i: number) => Math.sin((i + 1) * 12.9898 * seed + seed) * 43758.5453;
  const data = Float32Array.from({ length: elementCount(dims) }, (_, i) => 2 * (at(i) - Math.floor(at(i))) - 1);
  return { dataType: 'float32', dims, data };
}

export function filled(dims: readonly number[], value: number): HostTensor {
  return { dataType: 'float32', dims, data: new Float32Array(elementCount(dims)).fill(value) };
}

export function samplesOf(list: readonly Feeds[], origin = 'samples'): SampleSet {
  return {
    origin,
    isRandom: false,
    count: list.length,
    digest: 'd'.repeat(64),
    preparation: 'as they are',
    async *samples() {
      yield* list;
    },
    pick: (indices) =>
      samplesOf(
        indices.map((index) => list[index] as Feeds),
        origin,
      ),
  };
}

export function depsIn(temporaryFolder: string, signal: AbortSignal = new AbortController().signal): QuantizeDeps {
  return { signal, report: () => {}, temporaryFolder };
}
