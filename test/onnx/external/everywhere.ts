/** A model that ONNX Runtime runs, with a tensor of 300 floats in each place where a model can have one. */
import { makeAttribute, makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from '../../../src/onnx/proto.ts';

const COUNT = 300;

/** Each has other values, so that a mix-up changes the sum. */
function floats(name: string | undefined, seed: number): TensorProto {
  const data = Float32Array.from({ length: COUNT }, (_, i) => Math.fround(seed + i / 1000));
  return makeTensor(name, { dataType: 'float32', dims: [COUNT], data });
}

function tensorAttribute(name: string, t: TensorProto): AttributeProto {
  const { i: _, ...rest } = makeAttribute(name, 1n);
  return { ...rest, t, type: 4 };
}

function sparse(name: string, seed: number) {
  const every = (step: number) => BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i * step));
  return {
    values: floats(name, seed),
    indices: makeTensor(undefined, { dataType: 'int64', dims: [COUNT, 1], data: every(1) }),
    dims: [COUNT],
  };
}

const constant = (output: string, attribute: AttributeProto): NodeProto => ({
  ...makeNode('Constant', [], [output]),
  attribute: [attribute],
});

function branch(nodes: NodeProto[], initializers: TensorProto[]): GraphProto {
  return makeGraph({ name: 'b', nodes, inputs: [], outputs: [makeValueInfo('r', 'float32', null)], initializers });
}

/** y = x + the sum of all the tensors but that of training, which is not part of inference. */
export function everywhere(): ModelProto & { graph: GraphProto } {
  const { i: _, ...sparseAttribute } = makeAttribute('sparse_value', 1n);
  const branches = {
    then_branch: branch([makeNode('Add', ['s0', 'inner'], ['r'])], [floats('inner', 4)]),
    else_branch: branch(
      [constant('c', tensorAttribute('value', floats(undefined, 5))), makeNode('Sub', ['s0', 'c'], ['r'])],
      [],
    ),
  };
  const nodes = [
    makeNode('Add', ['x', 'w'], ['a']),
    constant('k', tensorAttribute('value', floats(undefined, 2))),
    makeNode('Add', ['a', 'k'], ['b']),
    constant('ks', { ...sparseAttribute, type: 11, sparseTensor: sparse('', 3) }),
    makeNode('Add', ['b', 'ks'], ['d']),
    makeNode('Add', ['d', 'sw'], ['s0']),
    makeNode('If', ['flag'], ['s1'], { attributes: branches }),
    makeNode('Own', ['s1'], ['y'], { domain: 'local' }),
  ];
  const graph = makeGraph({
    name: 'g',
    nodes,
    inputs: [makeValueInfo('x', 'float32', [COUNT]), makeValueInfo('flag', 'bool', [])],
    outputs: [makeValueInfo('y', 'float32', [COUNT])],
    initializers: [floats('w', 1)],
  });
  const { t: __, ...reference } = tensorAttribute('value', floats(undefined, 0));
  const model = makeModel({ opset: 17, irVersion: 9, graph: { ...graph, sparseInitializer: [sparse('sw', 6)] } });
  const training = makeGraph({ name: 't', nodes: [], inputs: [], outputs: [], initializers: [floats('q', 9)] });
  return {
    ...model,
    opsetImport: [...model.opsetImport, { domain: 'local', version: 1 }],
    trainingInfo: [{ initialization: training, initializationBinding: [], updateBinding: [] }],
    functions: [
      {
        name: 'Own',
        domain: 'local',
        input: ['a'],
        output: ['b'],
        attribute: [],
        attributeProto: [tensorAttribute('bias', floats(undefined, 8))],
        node: [
          constant('one', tensorAttribute('value', floats(undefined, 7))),
          constant('two', { ...reference, refAttrName: 'bias' }),
          makeNode('Add', ['a', 'one'], ['c']),
          makeNode('Add', ['c', 'two'], ['b']),
        ],
        opsetImport: [{ domain: '', version: 17 }],
        valueInfo: [],
        metadataProps: [],
      },
    ],
  };
}
