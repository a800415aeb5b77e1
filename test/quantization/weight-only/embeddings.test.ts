/** Tables of embeddings in blocks, alone and tied to a head, as ONNX Runtime computes them. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeNode } from '../../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { weightOnly } from '../../../src/quantization/weight-only/quantizer.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { depsIn, type SmallModel, smallModel, wave } from '../small-models.ts';

const [ROWS, WIDTH] = [40, 32];
const OPTIONS = { quantizeEmbeddings: true, blockSize: 16, accuracyLevel: 1 } as const;
type Options = Parameters<typeof weightOnly.run>[0]['options'];

const table = wave([ROWS, WIDTH]);
/** An identity matrix as `x` picks the first rows of the table in turn, and reads a matrix out of a product. */
const identity = Float32Array.from({ length: WIDTH * WIDTH }, (_, i) => (i % (WIDTH + 1) === 0 ? 1 : 0));
const picks = [
  makeNode('ArgMax', ['x'], ['ids'], { attributes: { axis: 0n, keepdims: 0n } }),
  makeNode('Gather', ['table', 'ids'], ['y'], { name: 'embed' }),
];
const turn = makeNode('Transpose', ['table'], ['turned'], { name: 'turn', attributes: { perm: [1n, 0n] } });
const head = makeNode('MatMul', ['x', 'turned'], ['z'], { name: 'head' });

function model(nodes: NodeProto[], parts: Partial<SmallModel> = {}) {
  return smallModel({ nodes, input: [WIDTH, WIDTH], outputs: ['y'], weights: { table }, opset: 17, ...parts });
}

async function quantize(nodes: NodeProto[], options: Options = {}, parts: Partial<SmallModel> = {}) {
  const run = weightOnly.run({ model: model(nodes, parts), calibration: null, options }, depsIn(tmpdir()));
  const { proto, recipe } = await run;
  const { node, initializer } = proto.graph as NonNullable<typeof proto.graph>;
  return { proto, recipe, operators: node.map(({ opType }) => opType), names: initializer.map(({ name }) => name) };
}

async function compute({ proto }: Awaited<ReturnType<typeof quantize>>, outputs: readonly string[]) {
  const session = await openSession(encodedBytes(encodeModel(proto)), {});
  try {
    const made = await session.run({ x: { dataType: 'float32', dims: [WIDTH, WIDTH], data: identity } });
    return outputs.map((name) => made[name]?.data as Float32Array);
  } finally {
    await session.release();
  }
}

function worst(rows: Float32Array): number {
  return Math.max(...rows.map((value, i) => Math.abs(value - (table.data[i] as number))));
}

describe('a table', () => {
  test.each([
    [4, true, 0.13],
    [4, false, 0.08],
    [8, true, 0.009],
    [8, false, 0.005],
  ])('of %i bits, symmetric: %s, gives its rows back', async (weightBits, weightSymmetric, most) => {
    const made = await quantize(picks, { ...OPTIONS, weightBits, weightSymmetric });
    expect(made.operators).toEqual(['ArgMax', 'GatherBlockQuantized']);
    expect(made.names).not.toContain('table');
    expect(made.recipe.quantizedNodes).toEqual({ Gather: 1 });
    const [rows] = await compute(made, ['y']);
    expect(rows).toHaveLength(WIDTH * WIDTH);
    expect(worst(rows as Float32Array)).toBeLessThan(most);
  });

  test.each([
    ['its rows end inside a block', picks, { blockSize: 64 }],
    ['nobody asked for it', picks, { quantizeEmbeddings: false }],
    ['its node is excluded', picks, { excludeNodes: ['embed'] }],
    [
      'its columns are picked',
      [picks[0], makeNode('Gather', ['table', 'ids'], ['y'], { attributes: { axis: 1n } })],
      {},
    ],
  ] as const)('stays float where %s', async (_why, nodes, options) => {
    const all = [...(nodes as NodeProto[]), makeNode('MatMul', ['x', 'w'], ['z'])];
    const weights = { table, w: wave([WIDTH, 8]) };
    const made = await quantize(all, { ...OPTIONS, ...options } as Options, { weights, outputs: ['y', 'z'] });
    expect(made.operators).toEqual(['ArgMax', 'Gather', 'MatMulNBits']);
    expect(made.names).toContain('table');
  });
});

describe('a head that is tied to the table', () => {
  const turned = (z: Float32Array) =>
    Float32Array.from({ length: WIDTH * WIDTH }, (_, i) => z[(i % WIDTH) * ROWS + Math.floor(i / WIDTH)] as number);
  const options = (weightBits: number, weightSymmetric = false) => ({ ...OPTIONS, weightBits, weightSymmetric });

  test.each([
    ['by a Transpose and 4 bits', 4, [turn, head]],
    ['by a Transpose and 8 bits', 8, [turn, head]],
    [
      'by the transB of Gemm',
      4,
      [makeNode('Gemm', ['x', 'table'], ['z'], { name: 'head', attributes: { transB: 1n } })],
    ],
  ])('%s takes the same integers and gives the same values', async (_how, bits, nodes) => {
    const made = await quantize([...picks, ...nodes], options(bits), { outputs: ['y', 'z'] });
    expect(made.operators).toEqual(['Reshape', 'ArgMax', 'GatherBlockQuantized', 'MatMulNBits']);
    const shape = `table_Q${bits}_rows_shape`;
    expect([...made.names].sort()).toEqual([`table_Q${bits}`, shape, 'table_scales', 'table_zero_points'].sort());
    const [y, z] = await compute(made, ['y', 'z']);
    expect(turned(z as Float32Array)).toEqual(y);
  });

  test('the other way round has blocks of its own, and the float table is gone', async () => {
    const reading = makeNode('MatMul', ['wide', 'table'], ['z'], { name: 'reading' });
    const widen = makeNode('MatMul', ['x', 'w'], ['wide'], { name: 'widen' });
    const made = await quantize([...picks, widen, reading], options(8), {
      weights: { table, w: wave([WIDTH, ROWS]) },
      outputs: ['y', 'z'],
    });
    expect(made.operators).toEqual(['ArgMax', 'GatherBlockQuantized', 'MatMulNBits', 'MatMulNBits']);
    expect(made.names.filter((name) => name?.startsWith('table_Q8'))).toHaveLength(2);
    expect(made.names).not.toContain('table');
    await compute(made, ['y', 'z']);
  });

  test('leaves the float table and its Transpose to those who still take them', async () => {
    const other = makeNode('Relu', ['turned'], ['r'], { name: 'other' });
    const made = await quantize([...picks, turn, head, other], options(4), { outputs: ['y', 'z', 'r'] });
    expect(made.operators).toEqual(['Reshape', 'ArgMax', 'GatherBlockQuantized', 'Transpose', 'MatMulNBits', 'Relu']);
    expect(made.names).toContain('table');
  });
});
