/** Costs of whole graphs: branches, loops, functions, weights that are shared, and what is not known. */
import { describe, expect, test } from 'vitest';
import { costsOfModel } from '../../../src/analysis/costs/nodes.ts';
import { makeGraph, makeNode, makeTensor, makeValueInfo } from '../../../src/onnx/build.ts';
import type { FunctionProto, GraphProto, NodeProto } from '../../../src/onnx/proto.ts';
import { branch, floats, localFunction, longs } from '../models.ts';
import { input, node, type Shapes, view } from './views.ts';

const SQUARE: Shapes = { x: [1, 4], w: [4, 4], y: [1, 4] };
const product = (from: string, to: string, weight = 'w') => node('MatMul', [from, weight], [to]);
/** A body with one product of 1 × 4 and 4 × 4: 16 MACs. */
const body = (to: string) => branch([product('x', to)], to);

describe('sums', () => {
  test('go over all nodes; what is made of constants alone is made before the first run', () => {
    const nodes = [node('Transpose', ['w'], ['v']), product('x', 'a', 'v'), product('a', 'y', 'w')];
    const shapes = { ...SQUARE, v: [4, 4], a: [1, 4] };
    const costs = costsOfModel(view({ nodes, initializers: [floats('w', 4, 4)] }, { shapes }));
    expect(costs.macs).toMatchObject({ value: 32, gaps: [] });
    // a and y, but not v.
    expect(costs.madeBytes.value).toBe(32);
    expect(costs.nodes.map(({ node: name, macs }) => [name, macs])).toEqual([
      ['Transpose_0', 0],
      ['MatMul_1', 16],
      ['MatMul_2', 16],
    ]);
  });

  test('have gaps where a size or an operator is not known, and the node says why', () => {
    const nodes = [product('x', 'a'), node('com.acme::Magic', ['a'], ['b']), node('Relu', ['b'], ['y'])];
    const costs = costsOfModel(view({ nodes }, { shapes: { ...SQUARE, a: ['n', 4], b: [4] } }));
    expect(costs.macs.gaps).toEqual(['MatMul_0', 'Magic_1']);
    expect(costs.flops).toMatchObject({ value: 4, gaps: ['MatMul_0', 'Magic_1'] });
    expect(costs.nodes.map(({ reason }) => reason)).toEqual([
      'sizes of its tensors are not known',
      'no formula for com.acme::Magic',
      null,
    ]);
  });
});

describe('weights', () => {
  test('belong to the first node that reads them; those that nobody reads are not counted', () => {
    const nodes = [product('x', 'a'), product('a', 'y')];
    const initializers = [floats('w', 4, 4), floats('unused', 100)];
    const { nodes: each, parameters } = costsOfModel(view({ nodes, initializers }, { shapes: SQUARE }));
    expect(each.map(({ parameterCount, parameterBytes }) => [parameterCount, parameterBytes])).toEqual([
      [16, 64],
      [0, 0],
    ]);
    expect(parameters).toEqual({ count: 16, bytes: 64 });
  });

  test('in Constant nodes count, one number does not; 4-bit weights are half a byte each', () => {
    const constant = (name: string, dims: number[], dataType: 'int4' | 'float32', data: Uint8Array | Float32Array) =>
      makeNode('Constant', [], [name], { attributes: { value: { dataType, dims, data } } });
    const nodes = [
      constant('k', [6], 'int4', new Uint8Array(3)),
      constant('one', [], 'float32', new Float32Array(1)),
      node('Add', ['x', 'k'], ['a']),
      node('Add', ['a', 'one'], ['y']),
    ];
    expect(costsOfModel(view({ nodes })).parameters).toEqual({ count: 6, bytes: 3 });
  });

  test('of the outer graph that both branches read count once, and the If carries those inside', () => {
    const own = branch([product('x', 'b', 'v')], 'b', [floats('v', 4, 4)]);
    const choice = node('If', ['c'], ['y'], { then_branch: body('a'), else_branch: own });
    const costs = costsOfModel(view({ nodes: [choice], initializers: [floats('w', 4, 4)] }));
    expect(costs.parameters.count).toBe(32);
    expect(costs.nodes.map(({ node: name, parameterCount }) => [name, parameterCount])).toEqual([
      ['If_0', 32],
      ['MatMul_0', 16],
      ['MatMul_0', 16],
    ]);
  });
});

describe('branches', () => {
  const small = body('a');
  const large = branch([product('x', 'b'), product('b', 'd')], 'd');
  const choice = node('If', ['c'], ['y'], { then_branch: small, else_branch: large });
  const subgraphs = new Map<GraphProto, Shapes>([
    [small, { a: [1, 4] }],
    [large, { b: [1, 4], d: [1, 4] }],
  ]);

  test('cost what the dearest costs, and that is an estimate', () => {
    const costs = costsOfModel(view({ nodes: [choice] }, { shapes: SQUARE, subgraphs }));
    expect(costs.macs.value).toBe(32);
    expect(costs.nodes[0]).toMatchObject({ node: 'If_0', place: [], macs: 32, reason: null });
    expect([...costs.estimates]).toEqual(['of the branches the dearest counts']);
  });

  test('list their nodes behind those of the outer graph, with the way to them', () => {
    const { nodes } = costsOfModel(
      view({ nodes: [choice, node('Relu', ['y'], ['z'])] }, { shapes: SQUARE, subgraphs }),
    );
    expect(nodes.map(({ node: name, place }) => [...place, name].join(' '))).toEqual([
      'If_0',
      'Relu_1',
      'If.then_branch MatMul_0',
      'If.else_branch MatMul_0',
      'If.else_branch MatMul_1',
    ]);
  });

  test('that cannot run with these sizes do not count, unless none can', () => {
    const costsWithout = (...impossible: GraphProto[]) =>
      costsOfModel(view({ nodes: [choice] }, { shapes: SQUARE, subgraphs, impossible }));
    expect(costsWithout(large).macs.value).toBe(16);
    expect(costsWithout(large).nodes).toHaveLength(4);
    expect(costsWithout(small, large).macs.value).toBe(32);
  });

  test('can run when they hold a choice of which one part can', () => {
    const nested = branch([choice], 'y');
    const outer = node('If', ['c'], ['z'], { then_branch: nested, else_branch: branch([], 'x') });
    const inside = new Map([...subgraphs, [nested, { y: [1, 4] }] as const]);
    const given = { shapes: SQUARE, subgraphs: inside, impossible: [large] };
    expect(costsOfModel(view({ nodes: [outer] }, given)).macs.value).toBe(16);
    const neither = { ...given, impossible: [large, small] };
    expect(costsOfModel(view({ nodes: [outer] }, neither)).macs.value).toBe(0);
  });

  test('of which nothing is known leave a gap', () => {
    const costs = costsOfModel(view({ nodes: [choice] }, { shapes: SQUARE }));
    expect(costs.macs).toMatchObject({ value: 0, gaps: ['MatMul_0'] });
    expect(costs.nodes[0]).toMatchObject({ macs: null, reason: 'without a node inside whose figures are not known' });
  });
});

describe('loops', () => {
  /** Takes iteration, condition and state; gives condition, state and one row. */
  const loopBody = (nodes: NodeProto[], condition = 'cond') =>
    makeGraph({
      name: 'body',
      nodes,
      inputs: [input('i'), makeValueInfo('cond', 'bool', []), input('state')],
      outputs: [makeValueInfo(condition, 'bool', []), input('next'), input('row')],
    });
  const step = [product('state', 'next'), node('Relu', ['next'], ['row'])];
  const inner: Shapes = { state: [1, 4], next: [1, 4], row: [1, 4] };
  const costsOf = (graph: GraphProto, trips: string, shapes: Shapes = {}) => {
    const loop = node('Loop', [trips, '', 'x'], ['last', 'y'], { body: graph });
    const given = { shapes: { ...SQUARE, y: null, last: [1, 4], ...shapes }, subgraphs: new Map([[graph, inner]]) };
    return costsOfModel(view({ nodes: [loop], initializers: [longs('trips', 5)] }, given));
  };

  test('cost their body as often as the constant trip count says', () => {
    const costs = costsOf(loopBody(step), 'trips');
    expect(costs.macs).toMatchObject({ value: 5 * 16, gaps: [] });
    expect(costs.flops.value).toBe(5 * (32 + 4));
    expect(costs.estimates.size).toBe(0);
    // The nodes inside stand for one round.
    expect(costs.nodes.map(({ macs }) => macs)).toEqual([80, 16, 0]);
  });

  test('are an estimate where the body calculates whether it goes on', () => {
    const costs = costsOf(loopBody([...step, node('Not', ['cond'], ['go'])], 'go'), 'trips');
    expect(costs.macs.value).toBe(5 * 16);
    expect([...costs.estimates]).toEqual(['a loop may end before its trip count']);
  });

  test('are known by the rows that they collect', () => {
    expect(costsOf(loopBody(step), 'n', { y: [7, 1, 4] }).macs).toMatchObject({ value: 7 * 16, gaps: [] });
  });

  test('of unknown length are a gap with a reason; the rest still counts', () => {
    const graph = loopBody(step);
    const loop = node('Loop', ['n', '', 'x'], ['last', 'rows'], { body: graph });
    const given = { shapes: { ...SQUARE, rows: null }, subgraphs: new Map([[graph, inner]]) };
    const costs = costsOfModel(view({ nodes: [loop, product('x', 'y')] }, given));
    expect(costs.macs).toMatchObject({ value: 16, gaps: ['Loop_0'] });
    expect(costs.nodes[0]).toMatchObject({ macs: null, reason: 'how often it runs depends on the data' });
    expect(costs.nodes[1]).toMatchObject({ macs: 16, reason: null });
  });

  test('of unknown length whose body multiplies nothing cost no multiply-accumulates', () => {
    const graph = loopBody([node('Relu', ['state'], ['next']), node('Relu', ['next'], ['row'])]);
    const loop = node('Loop', ['n', '', 'x'], ['last', 'y'], { body: graph });
    const costs = costsOfModel(view({ nodes: [loop] }, { shapes: { y: null }, subgraphs: new Map([[graph, inner]]) }));
    expect(costs.macs).toMatchObject({ value: 0, gaps: [] });
    expect(costs.nodes[0]).toMatchObject({ macs: 0, flops: null });
  });

  test('Scan runs once for each slice, along its axis', () => {
    const graph = makeGraph({
      name: 's',
      nodes: [product('slice', 'out')],
      inputs: [input('slice')],
      outputs: [input('out')],
    });
    const scan = node('Scan', ['x'], ['y'], { body: graph, num_scan_inputs: 1n, scan_input_axes: [1n] });
    const given = { shapes: { x: [4, 9], w: [4, 4] }, subgraphs: new Map([[graph, { slice: [1, 4], out: [1, 4] }]]) };
    expect(costsOfModel(view({ nodes: [scan] }, given)).macs).toMatchObject({ value: 9 * 16, gaps: [] });
  });
});

describe('functions of the model', () => {
  const fn = (nodes: NodeProto[], changes: Partial<FunctionProto> = {}): FunctionProto => ({
    ...localFunction('Twice', 'local', nodes),
    ...changes,
  });
  const call = (from: string, to: string, attributes = {}) => node('local::Twice', [from], [to], attributes);
  const weight = makeNode('Constant', [], ['v'], {
    attributes: { value: { dataType: 'float32', dims: [4, 4], data: new Float32Array(16) } },
  });
  const twice = fn([weight, node('MatMul', ['a', 'v'], ['t']), node('MatMul', ['t', 'v'], ['b'])]);

  test('cost at each call what their nodes cost; their weights count once', () => {
    const nodes = [call('x', 'm'), call('m', 'y')];
    const given = { shapes: { ...SQUARE, m: [1, 4] }, model: { functions: [twice] } };
    const costs = costsOfModel(view({ nodes }, given));
    expect(costs.macs).toMatchObject({ value: 64, gaps: [] });
    expect(costs.parameters.count).toBe(16);
    expect(costs.called.map(({ place, macs }) => [...place, macs].join(' '))).toContain('Twice.Twice 16');
  });

  test('see the attributes of their call', () => {
    const reference = { ...node('Gemm', ['a', 'a'], ['b'], { transA: 0n }) };
    const [attribute] = reference.attribute;
    const referring = { ...reference, attribute: [{ ...attribute!, refAttrName: 'flip', i: undefined as never }] };
    const given = {
      shapes: { x: [4, 4], y: [4, 4] },
      model: { functions: [fn([referring], { attribute: ['flip'] })] },
    };
    const nodes = [call('x', 'y', { flip: 1n })];
    expect(costsOfModel(view({ nodes }, given)).macs.value).toBe(64);
  });

  test('whose inputs have no known type leave a gap', () => {
    const costs = costsOfModel(view({ nodes: [call('x', 'y')] }, { model: { functions: [twice] } }));
    expect(costs.macs.gaps).toEqual(['Twice_0']);
    expect(costs.nodes[0]?.reason).toBe('what the function does is not known');
  });

  test('whose calls multiply are not looked into beyond some size', () => {
    const many = (name: string, callee: string, count: number): FunctionProto =>
      localFunction(
        name,
        'local',
        Array.from({ length: count }, (_, i) => node(callee, ['a'], [i === 0 ? 'b' : `t${i}`])),
      );
    const functions = [many('Twice', 'local::G', 100), many('G', 'local::H', 100), many('H', 'Relu', 50)];
    const costs = costsOfModel(view({ nodes: [call('x', 'y')] }, { shapes: SQUARE, model: { functions } }));
    expect(costs.nodes[0]?.reason).toBe('what the function does is not known');
  });

  test('whose calls multiply inside branches are not looked into either', () => {
    const inBranches = (name: string, callee: string): FunctionProto => {
      const calls = (): GraphProto =>
        branch(
          Array.from({ length: 100 }, (_, i) => node(callee, ['a'], [`t${i}`])),
          't0',
        );
      return localFunction(name, 'local', [node('If', ['a'], ['b'], { then_branch: calls(), else_branch: calls() })]);
    };
    const functions = [inBranches('Twice', 'local::G'), inBranches('G', 'local::H'), inBranches('H', 'Relu')];
    const nodes = [call('x', 'a'), node('Relu', ['x'], ['y'])];
    const costs = costsOfModel(view({ nodes }, { shapes: { ...SQUARE, a: [1, 4] }, model: { functions } }));
    expect(costs.nodes.map(({ reason }) => reason)).toEqual(['what the function does is not known', null]);
  });

  test('that call themselves come to an end', () => {
    const endless = fn([node('local::Twice', ['a'], ['b'])]);
    const costs = costsOfModel(view({ nodes: [call('x', 'y')] }, { shapes: SQUARE, model: { functions: [endless] } }));
    expect(costs.macs.value).toBe(0);
    expect(costs.macs.gaps.length).toBeGreaterThan(0);
  });
});

test('a constant that goes into a branch is a constant there too', () => {
  const graph = branch([node('Transpose', ['w'], ['v']), product('x', 'a', 'v')], 'a');
  const choice = node('If', ['c'], ['y'], { then_branch: graph, else_branch: branch([], 'x') });
  const given = { shapes: SQUARE, subgraphs: new Map([[graph, { v: [4, 4], a: [1, 4] }]]) };
  const costs = costsOfModel(view({ nodes: [choice], initializers: [floats('w', 4, 4)] }, given));
  expect(costs.madeBytes.value).toBe(16);
});

test('a tensor of an unknown type has no size', () => {
  const nodes = [node('Relu', ['x'], ['y'])];
  const odd = makeTensor('w', { dataType: 'string', dims: [2], data: ['a', 'b'] });
  const costs = costsOfModel(
    view({ nodes, initializers: [odd] }, { shapes: { x: [2], y: [2] }, types: { y: 'string' } }),
  );
  expect(costs.madeBytes).toMatchObject({ value: 0, gaps: ['Relu_0'] });
});

test('functions that call one another more and more are not followed for ever', () => {
  const functions = Array.from({ length: 30 }, (_, level): FunctionProto => {
    const next = level === 29 ? 'Relu' : `local::F${level + 1}`;
    return { ...localFunction(`F${level}`, 'local', [node(next, ['a'], ['t']), node(next, ['t'], ['b'])]) };
  });
  const costs = costsOfModel(
    view({ nodes: [node('local::F0', ['x'], ['y'])] }, { shapes: SQUARE, model: { functions } }),
  );
  expect(costs.flops.gaps).toEqual(['F0_0']);
});

test('a node without inputs is no constant unless it is a Constant: it may give something else each time', () => {
  const nodes = [node('RandomNormal', [], ['r']), node('com.acme::Camera', [], ['c']), node('Add', ['r', 'c'], ['y'])];
  const costs = costsOfModel(view({ nodes }, { shapes: { r: [4], c: [4], y: [4] } }));
  expect(costs.nodes.map(({ flops }) => flops)).toEqual([0, null, 4]);
  expect(costs.madeBytes.value).toBe(3 * 16);
});

test('the reason why a node is an estimate reaches the sums', () => {
  const shapes = { x: [10, 2, 6], w: [1, 32, 6], r: [1, 32, 8] };
  const costs = costsOfModel(view({ nodes: [node('LSTM', ['x', 'w', 'r', '', 'lengths'])] }, { shapes }));
  expect([...costs.estimates]).toEqual(['sequences may be shorter than the longest']);
});

test('a damaged constant is a size that is not known', () => {
  const { rawData: _, ...damaged } = longs('trips', 5);
  const graph = branch([product('x', 'a')], 'a');
  const loop = node('Loop', ['trips', '', 'x'], ['y'], { body: graph });
  const given = { shapes: SQUARE, subgraphs: new Map([[graph, { a: [1, 4] }]]) };
  expect(costsOfModel(view({ nodes: [loop], initializers: [damaged] }, given)).macs.gaps).toEqual(['Loop_0']);
});
