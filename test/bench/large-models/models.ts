/** The models of the benchmark, made in a folder of its own. */
import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { ModelProto } from '../../../src/onnx/proto.ts';
import { writeModel } from '../../../src/onnx/write.ts';
import { writeExternal } from '../../onnx/sparse-file.ts';

/** Nodes in a row, each with a weight of random bytes, which no disk compresses and no file system leaves out. */
function randomChain(layers: number, side: number): ModelProto {
  const bytes = randomFillSync(new Uint8Array(side * side * 4));
  const data = new Float32Array(bytes.buffer);
  const name = (layer: number): string => `encoder.layers.${layer >> 3}.block${layer & 7}`;
  const output = (layer: number): string => (layer < 0 ? 'x' : `/${name(layer)}/MatMul_output_0`);
  const every = Array.from({ length: layers }, (_, layer) => layer);
  const graph = makeGraph({
    name: 'g',
    nodes: every.map((layer) =>
      makeNode('MatMul', [output(layer - 1), `${name(layer)}.weight`], [output(layer)], {
        name: `/${name(layer)}/MatMul`,
      }),
    ),
    inputs: [makeValueInfo('x', 'float32', ['batch', side])],
    outputs: [makeValueInfo(output(layers - 1), 'float32', ['batch', side])],
    initializers: every.map((layer) =>
      makeTensor(`${name(layer)}.weight`, { dataType: 'float32', dims: [side, side], data }),
    ),
  });
  return makeModel({ opset: 17, irVersion: 8, graph });
}

export interface BenchModels {
  /** 1.9 GB in one file, in 116 tensors of 16 MiB. */
  readonly embedded: string;
  /** 6 GB beside a small .onnx file; holes. */
  readonly external: string;
  /** 184 MB in 20,000 tensors. */
  readonly many: string;
}

export async function makeModels(folder: string): Promise<BenchModels> {
  const paths = {
    embedded: join(folder, 'embedded.onnx'),
    external: join(folder, 'external.onnx'),
    many: join(folder, 'many.onnx'),
  };
  await writeModel(randomChain(116, 2048), paths.embedded);
  writeExternal(paths.external, 90, 4096);
  await writeModel(randomChain(20_000, 48), paths.many);
  return paths;
}
