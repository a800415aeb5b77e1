/** The peak of activations, by hand and against a simulation that looks at each moment by itself. */
import { describe, expect, test } from 'vitest';
import { peakOf } from '../../../src/analysis/costs/lifetimes.ts';
import { makeGraph } from '../../../src/onnx/build.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { branch, floats, localFunction } from '../models.ts';
import { input, node, type Shapes, view } from './views.ts';

const peak = (nodes: NodeProto[], shapes: Shapes) => peakOf(view({ nodes }, { shapes }));
/** An operator that can do nothing in place. */
const plain = (from: string[], to: string) => node('Add', from, [to]);

describe('the peak', () => {
  test('of a chain is the input, and two neighbours', () => {
    const nodes = [plain(['x'], 'a'), plain(['a'], 'b'), plain(['b'], 'c'), plain(['c'], 'y')];
    expect(peak(nodes, { x: [4], a: [4], b: [4], c: [4], y: [4] })).toMatchObject({ bytes: 3 * 16, unknown: [] });
  });

  test('keeps a skip connection until it is added, and says where the most lives', () => {
    const nodes = [plain(['x'], 'a'), plain(['a'], 'b'), plain(['b'], 'c'), plain(['a', 'c'], 'y')];
    const result = peak(nodes, { x: [4], a: [100], b: [4], c: [40], y: [4] });
    expect(result).toMatchObject({ bytes: 16 + 400 + 16 + 160, node: 'Add_2' });
    expect(result.course).toEqual([416, 432, 592, 592]);
  });

  test('keeps outputs of the model to the end', () => {
    const nodes = [plain(['x'], 'y'), plain(['x'], 'a'), plain(['a'], 'z')];
    const parts = { nodes, outputs: [input('y'), input('z')] };
    expect(peakOf(view(parts, { shapes: { x: [1], y: [10], a: [1], z: [1] } })).bytes).toBe(52);
  });

  test('does not count outputs that nobody reads, constants, and what is calculated from them', () => {
    const nodes = [node('Transpose', ['w'], ['v']), node('Split', ['x', 'v'], ['a', 'mask']), plain(['a', 'w'], 'y')];
    const shapes = { x: [4], a: [4], y: [4], mask: null, v: [1000], w: [1000] };
    expect(peakOf(view({ nodes, initializers: [floats('w', 1000)] }, { shapes }))).toMatchObject({
      bytes: 48,
      unknown: [],
    });
  });

  test('has views for nothing, and they keep what they look at', () => {
    const nodes = [plain(['x'], 'a'), node('Reshape', ['a', 's'], ['v']), plain(['x'], 'b'), plain(['v', 'b'], 'y')];
    // x, a with its view, b, y.
    expect(peak(nodes, { x: [4], a: [4], v: [2, 2], b: [4], y: [4], s: [1] }).bytes).toBe(4 * 16);
  });

  test('lets activations write over an input that nobody reads any more', () => {
    const inPlace = [plain(['x'], 'a'), node('Relu', ['a'], ['b']), plain(['b'], 'y')];
    expect(peak(inPlace, { x: [4], a: [400], b: [400], y: [4] }).bytes).toBe(16 + 1600 + 16);
    const stillRead = [plain(['x'], 'a'), node('Relu', ['a'], ['b']), plain(['a', 'b'], 'y')];
    expect(peak(stillRead, { x: [4], a: [400], b: [400], y: [4] }).bytes).toBe(16 + 3200 + 16);
    const otherSize = [plain(['x'], 'a'), node('Cast', ['a'], ['b']), plain(['b'], 'y')];
    const shapes = { x: [4], a: [400], b: [400], y: [4] };
    expect(peakOf(view({ nodes: otherSize }, { shapes, types: { b: 'float16' } })).bytes).toBe(16 + 1600 + 800);
  });

  test('never writes over inputs of the model, nor into outputs by a view', () => {
    const nodes = [node('Relu', ['x'], ['a']), node('Reshape', ['a', 's'], ['y'])];
    expect(peak(nodes, { x: [4], a: [4], y: [4], s: [0] }).bytes).toBe(3 * 16);
  });

  test('notes what has no size', () => {
    expect(peak([plain(['x'], 'y')], { x: ['n'], y: [4] })).toMatchObject({ bytes: 16, known: 1, unknown: ['x'] });
  });

  test('of a branch stands on what lives around it', () => {
    const large = branch([plain(['x'], 'b'), plain(['b'], 'd')], 'd');
    const choice = node('If', ['c'], ['y'], { then_branch: branch([], 'x'), else_branch: large });
    const given = { shapes: { x: [4], k: [10], y: [4] }, subgraphs: new Map([[large, { b: [100], d: [4] }]]) };
    // k is read later; b and d live inside.
    const nodes = [plain(['x'], 'k'), choice, plain(['k', 'y'], 'z')];
    expect(
      peakOf(view({ nodes, outputs: [input('z')] }, { ...given, shapes: { ...given.shapes, z: [1] } })),
    ).toMatchObject({
      bytes: 16 + 40 + 416,
      node: 'If_1',
    });
  });

  test('of a loop has its results, its state and what the body makes', () => {
    const graph = makeGraph({
      name: 'body',
      nodes: [plain(['state'], 'next')],
      inputs: [input('i'), input('cond'), input('state')],
      outputs: [input('cond'), input('next')],
    });
    const loop = node('Loop', ['n', '', 'x'], ['y'], { body: graph });
    const own = { i: [], cond: [], state: [10], next: [10] };
    const given = { shapes: { x: [10], y: [10], n: [] }, subgraphs: new Map([[graph, own]]) };
    expect(peakOf(view({ nodes: [loop] }, given)).bytes).toBe(40 + 40 + 4 + 4 + 40 + 40);
  });

  test('of a function has what it makes, and its inputs once', () => {
    const fn = localFunction('Own', 'local', [plain(['a', 'a'], 't'), plain(['t', 'a'], 'b')]);
    const nodes = [node('local::Own', ['x'], ['y'])];
    expect(peakOf(view({ nodes }, { shapes: { x: [4], y: [4] }, model: { functions: [fn] } })).bytes).toBe(3 * 16);
  });
});

/** Numbers from 0 to `below` − 1, the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Tensor {
  readonly name: string;
  readonly elements: number;
  readonly madeAt: number;
}

const OPERATORS = ['Add', 'Relu', 'Reshape', 'Concat'];

/** A graph of 30 nodes that read what was made before them. */
function graphOf(seed: number): { nodes: NodeProto[]; tensors: Tensor[] } {
  const next = random(seed);
  const tensors: Tensor[] = [{ name: 'x', elements: 1 + next(50), madeAt: -1 }];
  const nodes: NodeProto[] = [];
  for (let step = 0; step < 30; step += 1) {
    const operator = OPERATORS[next(OPERATORS.length)] as string;
    const sources = Array.from(
      { length: operator === 'Add' || operator === 'Concat' ? 2 : 1 },
      () => tensors[next(tensors.length)]!,
    );
    const elements = operator === 'Add' || operator === 'Concat' ? 1 + next(50) : sources[0]!.elements;
    const name = step === 29 ? 'y' : `t${step}`;
    nodes.push(
      node(
        operator,
        sources.map((source) => source.name),
        [name],
      ),
    );
    tensors.push({ name, elements, madeAt: step });
  }
  return { nodes, tensors };
}

/** Puts tensors into groups that share memory, by definition, and adds up the groups that are there at each moment. */
function simulate(nodes: readonly NodeProto[], tensors: readonly Tensor[]): number {
  const readAt = (name: string): number[] => nodes.flatMap((one, step) => (one.input.includes(name) ? [step] : []));
  const groups: Tensor[][] = [];
  const groupOf = (name: string) => groups.find((group) => group.some((tensor) => tensor.name === name))!;
  const isEnd = (name: string) => name === 'x' || name === 'y';
  for (const tensor of tensors) {
    const maker = nodes[tensor.madeAt];
    const source = maker?.input[0] === undefined ? undefined : groupOf(maker.input[0]);
    const isLastRead = source?.every(({ name }) => !isEnd(name) && readAt(name).every((step) => step <= tensor.madeAt));
    const shares = maker?.opType === 'Reshape' || (maker?.opType === 'Relu' && isLastRead);
    const isRead = readAt(tensor.name).length > 0 || isEnd(tensor.name);
    if (source !== undefined && shares && tensor.name !== 'y' && isRead) source.push(tensor);
    else groups.push([tensor]);
  }
  const moments = nodes.map((_, step) => {
    const alive = groups.filter((group) => {
      const ends = group.some(({ name }) => isEnd(name))
        ? [Number.POSITIVE_INFINITY]
        : group.flatMap(({ name }) => readAt(name));
      return group[0]!.madeAt <= step && Math.max(...ends) >= step;
    });
    return alive.reduce((sum, group) => sum + group[0]!.elements * 4, 0);
  });
  return Math.max(...moments);
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'random graph %i has the peak that the simulation sees',
  (seed) => {
    const { nodes, tensors } = graphOf(seed);
    const shapes = Object.fromEntries(tensors.map(({ name, elements }) => [name, [elements]]));
    expect(peak(nodes, shapes).bytes).toBe(simulate(nodes, tensors));
  },
);
