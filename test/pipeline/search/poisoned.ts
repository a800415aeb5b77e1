/** A model with one layer that does not bear integers. */
import { makeNode } from '../../../src/onnx/build.ts';
import { smallModel, wave } from '../../quantization/small-models.ts';

/** Four layers, one of which loses nearly everything in integers: each of its columns has one weight a thousand times the others. */
export function poisoned() {
  const poison = wave([64, 64], 3);
  const data = (poison.data as Float32Array).map((value, i) => (Math.floor(i / 64) === 7 ? value * 1000 : value));
  const layer = (name: string, input: string, output: string) => [
    makeNode('MatMul', [input, `${name}_w`], [`${name}_p`], { name }),
    makeNode('Tanh', [`${name}_p`], [output], { name: `${name}_tanh` }),
  ];
  return smallModel({
    nodes: [
      ...layer('first', 'x', 'a'),
      makeNode('Mul', ['a', 'mask'], ['masked'], { name: 'mask' }),
      ...layer('poisoned', 'masked', 'b'),
      ...layer('third', 'b', 'c'),
      makeNode('MatMul', ['c', 'last_w'], ['y'], { name: 'last' }),
    ],
    input: [4, 64],
    weights: {
      first_w: wave([64, 64], 1),
      // The input of the large weights is tiny, so that the small ones decide.
      mask: {
        dataType: 'float32',
        dims: [64],
        data: Float32Array.from({ length: 64 }, (_, i) => (i === 7 ? 1e-4 : 1)),
      },
      poisoned_w: { ...poison, data },
      third_w: wave([64, 64], 4),
      last_w: wave([64, 8], 5),
    },
    opset: 17,
  });
}
