/** The matrices of a decoder of language models, with pseudo-random values that are made while they are written. */
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { ProducedBytes } from '../../../src/onnx/bytes.ts';
import type { NodeProto, TensorProto } from '../../../src/onnx/proto.ts';
import { writeModel } from '../../../src/onnx/write.ts';

const HIDDEN = 2048;
const INNER = 8192;
const VOCABULARY = 32_000;
const LAYERS = 14;

/** @returns how many parameters it has */
export async function writeDecoder(path: string): Promise<number> {
  const nodes: NodeProto[] = [];
  const weights: TensorProto[] = [];
  const multiply = (input: string, name: string, rows: number, columns: number): string => {
    weights.push(weight(`${name}.weight`, rows, columns, weights.length + 1));
    nodes.push(makeNode('MatMul', [input, `${name}.weight`], [name], { name: `/${name}` }));
    return name;
  };
  let state = 'x';
  for (let layer = 0; layer < LAYERS; layer += 1) {
    for (const part of ['q', 'k', 'v', 'o']) state = multiply(state, `layers.${layer}.${part}`, HIDDEN, HIDDEN);
    for (const part of ['gate', 'up']) multiply(state, `layers.${layer}.${part}`, HIDDEN, INNER);
    nodes.push(makeNode('Mul', [`layers.${layer}.gate`, `layers.${layer}.up`], [`layers.${layer}.inner`]));
    state = multiply(`layers.${layer}.inner`, `layers.${layer}.down`, INNER, HIDDEN);
  }
  const logits = multiply(state, 'lm_head', HIDDEN, VOCABULARY);
  const graph = makeGraph({
    name: 'decoder',
    nodes,
    inputs: [makeValueInfo('x', 'float32', ['batch', HIDDEN])],
    outputs: [makeValueInfo(logits, 'float32', ['batch', VOCABULARY])],
    initializers: weights,
  });
  const model = makeModel({ opset: 17, irVersion: 8, graph });
  await writeModel(model, path, { data: { thresholdBytes: 1024, alignBytes: 4096 }, isTemporary: true });
  return weights.reduce((sum, { dims }) => sum + (dims[0] as number) * (dims[1] as number), 0);
}

function weight(name: string, rows: number, columns: number, seed: number): TensorProto {
  const empty = makeTensor(name, { dataType: 'float32', dims: [rows, columns], data: new Float32Array(0) });
  return { ...empty, rawData: noise(rows * columns, seed) };
}

/** Uniform values around 0, by a linear congruential generator. */
function noise(count: number, seed: number): ProducedBytes {
  const piece = new Float32Array(1 << 18);
  return {
    length: count * 4,
    *produce() {
      let state = seed;
      for (let done = 0; done < count; done += piece.length) {
        const filled = Math.min(piece.length, count - done);
        for (let i = 0; i < filled; i += 1) {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          piece[i] = state * 2 ** -36;
        }
        yield new Uint8Array(piece.buffer, 0, filled * 4);
      }
    },
  };
}
