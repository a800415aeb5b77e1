/** Memory of a device by precision and batch, each figure worked out by hand. */
import { describe, expect, test } from 'vitest';
import { deviceMemoryOf } from '../../../src/analysis/costs/device-memory.ts';
import type { DeviceMemory } from '../../../src/analysis/costs/facts.ts';
import { kvCacheOf } from '../../../src/analysis/costs/kv-cache.ts';
import { weightBytesIn } from '../../../src/analysis/costs/precisions.ts';
import { residentWeights } from '../../../src/analysis/costs/resident.ts';
import { makeTensor } from '../../../src/onnx/build.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import type { NodeProto } from '../../../src/onnx/proto.ts';
import { branch, floats, localFunction } from '../models.ts';
import { input, node, type Shapes, view } from './views.ts';

const PRECISIONS = ['float32', 'float16', 'int8', 'int4'] as const;

/** Bytes of one weight `w` that the node reads, in each precision. */
function bytesOf(reader: NodeProto, dims: number[], dataType: DataType = 'float32'): number[] {
  const tensor = {
    ...floats('w', ...dims),
    dataType: makeTensor('', { dataType, dims, data: new Uint8Array() }).dataType!,
  };
  const shown = view({ nodes: [reader], initializers: [tensor] }, { shapes: { w: dims }, types: { w: dataType } });
  const [weight] = residentWeights(shown);
  return PRECISIONS.map((precision) => weightBytesIn(precision, weight!));
}

describe('weights', () => {
  const gemm = (transB: bigint) => node('Gemm', ['x', 'w'], ['y'], { transB });
  const n = 64 * 96;
  test.each<[string, NodeProto, number[], number[]]>([
    // int8: a scale for each of the 96 columns; int4: 2 blocks of 32 in each column, 16 bytes and a scale each.
    ['MatMul', node('MatMul', ['x', 'w']), [64, 96], [n * 4, n * 2, n + 96 * 4, 96 * 2 * 20]],
    ['Gemm', gemm(0n), [64, 96], [n * 4, n * 2, n + 96 * 4, 96 * 2 * 20]],
    ['Gemm, transposed', gemm(1n), [64, 96], [n * 4, n * 2, n + 64 * 4, 64 * 3 * 20]],
    ['rows of Gather', node('Gather', ['w', 'i']), [64, 96], [n * 4, n * 2, n + 64 * 4, 64 * 3 * 20]],
    // A block that is not full takes all its bytes.
    ['MatMul of 33 rows', node('MatMul', ['x', 'w']), [33, 10], [1320, 660, 370, 10 * 2 * 20]],
    // No kernel takes convolutions in 4 bits.
    ['Conv', node('Conv', ['x', 'w']), [8, 4, 3, 3], [1152, 576, 288 + 32, 1152]],
    ['ConvTranspose', node('ConvTranspose', ['x', 'w']), [4, 8, 3, 3], [1152, 576, 288 + 32, 1152]],
    [
      'LSTM: a scale for each row of each direction',
      node('LSTM', ['x', 'w', 'r']),
      [2, 32, 6],
      [1536, 768, 384 + 256, 1536],
    ],
    ['a bias', node('Add', ['x', 'w']), [96], [384, 192, 384, 384]],
    ['a matrix that is added', node('Add', ['x', 'w']), [64, 96], [n * 4, n * 2, n * 4, n * 4]],
    ['rows too short for scales', node('Gather', ['w', 'i']), [1000, 1], [4000, 2000, 4000, 4000]],
  ])('of %s', (_, reader, dims, expected) => {
    expect(bytesOf(reader, dims)).toEqual(expected);
  });

  test('in float16 grow to float32, and have float16 scales in 4 bits', () => {
    expect(bytesOf(node('MatMul', ['x', 'w']), [64, 96], 'float16')).toEqual([n * 4, n * 2, n + 384, 96 * 2 * 18]);
  });

  test('that are integers stay what they are', () => {
    expect(bytesOf(node('MatMulInteger', ['x', 'w']), [64, 96], 'int8')).toEqual([n, n, n, n]);
    expect(bytesOf(node('com.microsoft::MatMulNBits', ['x', 'w']), [96, 2, 16], 'uint8')).toEqual([
      3072, 3072, 3072, 3072,
    ]);
  });

  test('are those that a running node reads: what is folded into others is gone, branches and functions are looked into', () => {
    const inner = branch([node('MatMul', ['x', 'v'], ['a'])], 'a', [floats('v', 2, 2)]);
    const fn = { ...localFunction('Own', 'local', [node('MatMul', ['c', 'a'], ['b'])]), input: ['c', 'a'] };
    const nodes = [
      node('Transpose', ['raw'], ['w']),
      node('MatMul', ['x', 'w'], ['h']),
      node('MatMul', ['h', 'w'], ['y']),
      node('If', ['c'], ['z'], { then_branch: inner, else_branch: branch([], 'x') }),
      node('local::Own', ['x', 'f'], ['o']),
    ];
    const initializers = [floats('raw', 3, 3), floats('unused', 9), floats('f', 4, 4)];
    const given = { shapes: { x: [1, 4], f: [4, 4] }, model: { functions: [fn] } };
    const readers = residentWeights(view({ nodes, initializers }, given)).map(
      ({ name, reader }) => `${name} ${reader.opType}`,
    );
    expect(readers).toEqual(['w MatMul', 'v MatMul', 'a MatMul']);
  });
});

describe('a device', () => {
  const nodes = [node('MatMul', ['x', 'w'], ['h']), node('Add', ['h', 'h'], ['y'])];
  const parts = { nodes, initializers: [floats('w', 64, 96)] };
  const shapes = (batch: number): Shapes => ({ x: [batch, 64], w: [64, 96], h: [batch, 96], y: [batch, 96] });
  const rows = (memory: readonly DeviceMemory[]) =>
    memory.map(({ precision, batch, ...bytes }) => [precision, batch, ...Object.values(bytes)]);

  test('needs weights and activations; activations grow with the batch, and are halved by float16 only', () => {
    const request = {
      view: view(parts, { shapes: shapes(1) }),
      doubled: view(parts, { shapes: shapes(2) }),
      cache: null,
    };
    const one = (64 + 96 + 96) * 4;
    expect(rows(deviceMemoryOf({ ...request, batches: [1, 8] }))).toEqual([
      ['float32', 1, 24576, one, 0, 24576 + one],
      ['float32', 8, 24576, 8 * one, 0, 24576 + 8 * one],
      ['float16', 1, 12288, one / 2, 0, 12288 + one / 2],
      ['float16', 8, 12288, 4 * one, 0, 12288 + 4 * one],
      ['int8', 1, 6528, one, 0, 6528 + one],
      ['int8', 8, 6528, 8 * one, 0, 6528 + 8 * one],
      ['int4', 1, 3840, one, 0, 3840 + one],
      ['int4', 8, 3840, 8 * one, 0, 3840 + 8 * one],
    ]);
  });

  test('what does not grow with the batch stays', () => {
    const graph = {
      nodes: [node('Add', ['m', 'm'], ['h']), node('Add', ['x', 'h'], ['y'])],
      inputs: [input('x'), input('m')],
    };
    const sized = (batch: number) => view(graph, { shapes: { x: [batch], m: [100], h: [100], y: [batch] } });
    const [first, second] = deviceMemoryOf({ view: sized(1), doubled: sized(2), batches: [1, 32], cache: null });
    expect([first?.activationBytes, second?.activationBytes]).toEqual([4 * 202, 4 * (200 + 64)]);
  });

  test('holds the cache of keys and values beside the activations, once for each sequence', () => {
    const past = ['past.0.key', 'past.0.value'];
    const graph = {
      nodes: [node('Concat', [past[0]!, 'x'], ['present.0.key'])],
      inputs: [input('x'), ...past.map((n) => input(n))],
      outputs: [input('present.0.key')],
    };
    const sized = view(graph, {
      shapes: {
        x: [1, 2, 1, 8],
        'past.0.key': [1, 2, 9, 8],
        'past.0.value': [1, 2, 9, 8],
        'present.0.key': [1, 2, 10, 8],
      },
    });
    const cache = kvCacheOf(sized);
    const memory = deviceMemoryOf({ view: sized, batches: [4], cache });
    // 10 tokens × 2 heads × 8, key and value, in 4 sequences.
    expect(memory.map(({ kvCacheBytes }) => kvCacheBytes)).toEqual([5120, 2560, 5120, 5120]);
    expect(memory[0]?.activationBytes).toBe(2 * 8 * 4);
  });
});
