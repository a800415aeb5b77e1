import { makeNode, makeTensor } from '../../../src/onnx/build.ts';
import type { SparseTensorProto, TensorProto } from '../../../src/onnx/proto.ts';
import { int64s, modelWith, type Scratch, tensor } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const initializers = (...initializer: ReturnType<typeof tensor>[]) => {
  return (scratch: Scratch): void => scratch.model(modelWith({ initializer }));
};

/** The three numbers 1, 128 and 3. */
function varints(dims: number[]): TensorProto {
  const { rawData: _, ...rest } = tensor('w', { dims, dataType: 7 });
  return { ...rest, int64Data: Uint8Array.of(1, 0x80, 1, 3) };
}

/** Two values of a vector of 10. */
const sparse =
  (parts: Partial<SparseTensorProto>) =>
  (scratch: Scratch): void => {
    const values = makeTensor('w', { dataType: 'float32', dims: [2], data: Float32Array.of(1, 2) });
    scratch.model(
      modelWith({ initializer: [], sparseInitializer: [{ values, indices: int64s('i', 3, 9), dims: [10], ...parts }] }),
    );
  };

export const TENSOR_CASES: readonly RuleCase[] = [
  {
    rule: 'tensor-size-mismatch',
    title: 'fewer bytes than the dims ask for',
    breaks: initializers(tensor('w', { dims: [5] })),
    passes: initializers(tensor('w', { dims: [2, 2] }), tensor('none', { dims: [0, 3], rawData: new Uint8Array(0) })),
  },
  {
    rule: 'tensor-size-mismatch',
    title: 'one number too many in a list of varints',
    breaks: initializers(varints([2])),
    passes: initializers(varints([3])),
  },
  {
    rule: 'tensor-huge-dims',
    title: 'a product that overflows, with a zero to hide it',
    breaks: initializers(tensor('w', { dims: [2 ** 40, 2 ** 40, 0], rawData: new Uint8Array(0) })),
    passes: initializers(tensor('w', { dims: [2 ** 40, 0], rawData: new Uint8Array(0) })),
  },
  {
    rule: 'tensor-negative-dim',
    title: 'a size of -4',
    breaks: initializers(tensor('w', { dims: [-4] })),
    passes: initializers(tensor('w')),
  },
  {
    rule: 'tensor-unknown-type',
    title: 'a data type that is not defined',
    breaks: initializers(tensor('w', { dataType: 99 })),
    passes: initializers(tensor('w', { dataType: 17, dims: [16] })),
  },
  {
    rule: 'duplicate-initializer',
    title: 'a second tensor of the same name',
    breaks: initializers(tensor('w'), tensor('w')),
    passes: initializers(tensor('w'), tensor('v'), tensor(''), tensor('')),
  },
  {
    rule: 'sparse-index-range',
    title: 'an index of 10 in a vector of 10',
    breaks: sparse({ indices: int64s('i', 3, 10) }),
    passes: sparse({}),
  },
  {
    rule: 'sparse-index-range',
    title: 'a negative index',
    breaks: sparse({ indices: int64s('i', -1, 3) }),
    passes: sparse({ indices: { ...int64s('i', 0, 3, 1, 4), dims: [2, 2] }, dims: [2, 5] }),
  },
  {
    rule: 'sparse-index-range',
    title: 'indices of a Constant out of order',
    breaks: (scratch) => {
      const node = makeNode('Constant', [], ['c']);
      const values = makeTensor('v', { dataType: 'float32', dims: [2], data: Float32Array.of(1, 2) });
      const attribute = { name: 'sparse_value', floats: [], ints: [], strings: [], tensors: [], graphs: [] };
      const sparseTensor = { values, indices: int64s('i', 4, 2), dims: [10] };
      node.attribute.push({ ...attribute, typeProtos: [], sparseTensors: [], sparseTensor, type: 11 });
      scratch.model(modelWith({ node: [node] }));
    },
    passes: sparse({}),
  },
];
