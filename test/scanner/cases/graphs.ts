import { mkdirSync } from 'node:fs';
import { makeAttribute, makeGraph, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { FunctionProto, GraphProto, NodeProto } from '../../../src/onnx/proto.ts';
import { delimited, int } from '../../onnx/wire.ts';
import { int64s, type Model, modelWith, scalar, tensor, withNodes } from '../scratch.ts';
import type { RuleCase } from './case.ts';

/** `If` around `If`, `depth` times. */
function nested(depth: number): NodeProto {
  let node = makeNode('Identity', ['x'], ['y']);
  for (let level = 0; level < depth; level += 1) {
    const branch = makeGraph({
      name: `b${level}`,
      nodes: [node],
      inputs: [],
      outputs: [makeValueInfo('y', 'float32', null)],
    });
    node = makeNode('If', ['c'], ['y'], { attributes: { then_branch: branch } });
  }
  return node;
}

export function fn(name: string, nodes: NodeProto[], domain = 'local'): FunctionProto {
  return {
    name,
    domain,
    input: ['x'],
    output: ['y'],
    attribute: [],
    node: nodes,
    opsetImport: [{ domain: '', version: 17 }],
    attributeProto: [],
    valueInfo: [],
    metadataProps: [],
  };
}

const call = (name: string, domain = 'local'): NodeProto => makeNode(name, ['x'], ['y'], { domain });
const calls = (name: string, times: number): NodeProto[] => Array.from({ length: times }, () => call(name));
const withFunctions = (...functions: FunctionProto[]): Model => ({ ...withNodes(call('f')), functions });

/** Each function calls the next one `times` over: times^levels nodes in the end. */
function tower(levels: number, times: number): Model {
  const bodies = Array.from({ length: levels }, (_, level) => {
    const name = level === 0 ? 'f' : `f${level}`;
    return fn(name, level === levels - 1 ? [makeNode('Relu', ['x'], ['y'])] : calls(`f${level + 1}`, times));
  });
  return withFunctions(...bodies);
}

const withShape = (node: NodeProto, ...shape: number[]): Model =>
  modelWith({ node: [node], initializer: [int64s('shape', ...shape)] });

/** Tile by 8, over and over. */
function chain(length: number): Model {
  const nodes = Array.from({ length }, (_, at) =>
    makeNode('Tile', [at === 0 ? 'x' : `t${at}`, 'shape'], [`t${at + 1}`]),
  );
  return modelWith({ node: nodes, initializer: [int64s('shape', 8)] });
}

/** A column times a row: of two constants, or of inputs that are as large as that themselves. */
function outer(size: number, of: 'const' | 'input'): Model {
  const weights = (name: string, dims: number[]) =>
    makeTensor(name, { dataType: 'uint8', dims, data: new Uint8Array(size) });
  const node = [makeNode('MatMulInteger', ['a', 'b'], ['y'])];
  if (of === 'const') return modelWith({ node, initializer: [weights('a', [size, 1]), weights('b', [1, size])] });
  const inputs = [makeValueInfo('a', 'uint8', [size, size]), makeValueInfo('b', 'uint8', [size, size])];
  return modelWith({ node, initializer: [], input: inputs });
}

/** A Loop with a body that passes its condition on by `condition`. */
function loop(count: number | undefined, condition: NodeProto): Model {
  const body = makeGraph({
    name: 'body',
    nodes: [condition, makeNode('Identity', ['state'], ['next'])],
    inputs: [
      makeValueInfo('i', 'int64', []),
      makeValueInfo('going', 'bool', []),
      makeValueInfo('state', 'float32', null),
    ],
    outputs: [makeValueInfo('go', 'bool', []), makeValueInfo('next', 'float32', null)],
  });
  const node = makeNode('Loop', [count === undefined ? '' : 'count', '', 'x'], ['y'], { attributes: { body } });
  return modelWith({ node: [node], initializer: count === undefined ? [] : [scalar('count', count)] });
}

const CONTEXT = (path: string, mode: bigint): NodeProto =>
  makeNode('EPContext', ['x'], ['y'], {
    domain: 'com.microsoft',
    attributes: { embed_mode: mode, ep_cache_context: path },
  });

const training = (graph: GraphProto): Partial<Model> => ({
  trainingInfo: [{ algorithm: graph, initializationBinding: [], updateBinding: [] }],
});

export const GRAPH_CASES: readonly RuleCase[] = [
  {
    rule: 'graph-nesting',
    title: '17 graphs in each other',
    breaks: (scratch) => scratch.model(withNodes(nested(17))),
    passes: (scratch) => scratch.model(withNodes(nested(16))),
  },
  {
    rule: 'message-limit',
    title: 'messages nested deeper than any reader follows',
    breaks: (scratch) => scratch.model(withNodes(nested(40))),
    passes: (scratch) => scratch.model(withNodes(nested(16))),
  },
  {
    rule: 'model-unreadable',
    title: 'a model that ends in the middle',
    breaks: (scratch) => scratch.file('m.onnx', Buffer.concat([int(1, 9), delimited(7, 'graph').subarray(0, 4)])),
    passes: (scratch) => scratch.model(modelWith()),
  },
  {
    rule: 'training-info-present',
    title: 'a training graph',
    breaks: (scratch) => scratch.model(modelWith({}, training(modelWith().graph))),
    passes: (scratch) => scratch.model(modelWith()),
  },
  {
    rule: 'custom-operator-domain',
    title: 'an operator of a domain that ONNX Runtime does not have',
    breaks: (scratch) => scratch.model(withNodes(call('Frob', 'com.example'))),
    passes: (scratch) =>
      scratch.model({ ...withNodes(call('f'), call('Gelu', 'com.microsoft')), functions: [fn('f', [])] }),
  },
  {
    rule: 'code-operator',
    title: 'an operator that calls Python',
    breaks: (scratch) => scratch.model(withNodes(call('PythonOp', 'com.microsoft'))),
    passes: (scratch) => scratch.model(withNodes(call('PythonOp', 'com.example'))),
  },
  {
    rule: 'code-operator',
    title: 'a compiled engine from a file outside',
    breaks: (scratch) => scratch.model(withNodes(CONTEXT('../engine.bin', 0n))),
    passes: (scratch) => scratch.model(withNodes(call('Gelu', 'com.microsoft'))),
  },
  {
    rule: 'function-recursion',
    title: 'two functions that call each other',
    breaks: (scratch) => scratch.model(withFunctions(fn('f', [call('g')]), fn('g', [call('f')]))),
    passes: (scratch) => scratch.model(withFunctions(fn('f', [call('g'), call('g')]), fn('g', [call('Relu', '')]))),
  },
  {
    rule: 'function-recursion',
    title: 'a function that calls itself inside of an If',
    breaks: (scratch) => {
      const branch = makeGraph({ name: 'b', nodes: [call('f')], inputs: [], outputs: [] });
      scratch.model(withFunctions(fn('f', [makeNode('If', ['x'], ['y'], { attributes: { then_branch: branch } })])));
    },
    passes: (scratch) => scratch.model(withFunctions(fn('f', [call('f', 'elsewhere')]))),
  },
  {
    rule: 'function-expansion',
    title: 'a tower of ten functions that grows to 10^9 nodes',
    breaks: (scratch) => scratch.model(tower(10, 10)),
    passes: (scratch) => scratch.model(tower(10, 3)),
  },
  {
    rule: 'function-shadows-operator',
    title: 'a Relu of its own',
    breaks: (scratch) => scratch.model(withFunctions(fn('f', []), fn('Relu', [call('Neg', '')], ''))),
    passes: (scratch) => scratch.model(withFunctions(fn('f', []), fn('Relu', [], 'pkg.onnxscript.torch_lib'))),
  },
  {
    rule: 'runtime-memory-bomb',
    title: 'a Range of 17 GB',
    breaks: (scratch) =>
      scratch.model(
        modelWith({
          node: [makeNode('Range', ['a', 'b', 'd'], ['y'])],
          initializer: [scalar('a', 0), scalar('b', 2 ** 31), scalar('d', 1)],
        }),
      ),
    passes: (scratch) =>
      scratch.model(
        modelWith({
          node: [makeNode('Range', ['a', 'b', 'd'], ['y'])],
          initializer: [scalar('a', 0), scalar('b', 2 ** 20), scalar('d', 1)],
        }),
      ),
  },
  {
    rule: 'runtime-memory-bomb',
    title: 'a Range that does not move',
    breaks: (scratch) =>
      scratch.model(
        modelWith({
          node: [makeNode('Range', ['a', 'b', 'd'], ['y'])],
          initializer: [scalar('a', 0), scalar('b', 1), scalar('d', 0)],
        }),
      ),
    passes: (scratch) => scratch.model(modelWith()),
  },
  ...(['ConstantOfShape', 'Expand', 'Tile', 'Pad', 'OneHot'] as const).map((type): RuleCase => {
    const input = {
      ConstantOfShape: ['shape'],
      Expand: ['x', 'shape'],
      Tile: ['x', 'shape'],
      Pad: ['x', 'shape'],
      OneHot: ['x', 'shape'],
    };
    const node = makeNode(type, input[type], ['y']);
    return {
      rule: 'runtime-memory-bomb',
      title: `${type} with a constant shape`,
      breaks: (scratch) => scratch.model(withShape(node, 2 ** 36, 2 ** 10)),
      passes: (scratch) => scratch.model(withShape(node, 64, 64)),
    };
  }),
  {
    rule: 'runtime-memory-bomb',
    title: 'a chain of which every link is small',
    breaks: (scratch) => scratch.model(chain(12)),
    passes: (scratch) => scratch.model(chain(4)),
  },
  {
    rule: 'runtime-memory-bomb',
    title: 'an outer product',
    breaks: (scratch) => scratch.model(outer(100_000, 'const')),
    passes: (scratch) => scratch.model(outer(100_000, 'input')),
  },
  {
    rule: 'runtime-endless-loop',
    title: 'a Loop that never changes its condition',
    breaks: (scratch) => scratch.model(loop(2 ** 40, makeNode('Identity', ['going'], ['go']))),
    passes: (scratch) => scratch.model(loop(2 ** 40, makeNode('Less', ['i', 'x'], ['go']))),
  },
  {
    rule: 'runtime-endless-loop',
    title: 'a Loop without a count',
    breaks: (scratch) => scratch.model(loop(undefined, makeNode('Identity', ['going'], ['go']))),
    passes: (scratch) => scratch.model(loop(1000, makeNode('Identity', ['going'], ['go']))),
  },
  {
    rule: 'attribute-huge',
    title: 'an attribute beyond the limit',
    limits: { maxAttributeBytes: 1000 },
    breaks: (scratch) => {
      const attribute = { ...makeAttribute('blob', ''), s: new Uint8Array(1001) };
      scratch.model(withNodes({ ...call('Relu', ''), attribute: [attribute] }));
    },
    passes: (scratch) =>
      scratch.model(withNodes({ ...call('Relu', ''), attribute: [makeAttribute('blob', 'x'.repeat(1000))] })),
  },
  {
    rule: 'node-flood',
    title: 'more nodes than the limit, those of subgraphs among them',
    limits: { maxNodes: 16 },
    breaks: (scratch) => scratch.model(withNodes(nested(16))),
    passes: (scratch) => scratch.model(withNodes(nested(15))),
  },
  {
    rule: 'unknown-fields',
    title: 'a field that no version defines',
    breaks: (scratch) => {
      const graph = delimited(7, delimited(2, 'g'), delimited(900, 'hidden'));
      scratch.file('m.onnx', Buffer.concat([int(1, 9), graph, delimited(8, int(2, 17))]));
    },
    passes: (scratch) => scratch.model(modelWith({ initializer: [tensor('w')] })),
  },
  {
    rule: 'file-unreadable',
    title: 'a link that leads nowhere',
    breaks: (scratch) => scratch.link('gone.txt', 'a.txt'),
    passes: (scratch) => {
      mkdirSync(scratch.path('folder'));
      scratch.link('folder', 'a.txt');
    },
  },
];
