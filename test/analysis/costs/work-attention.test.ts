/** Attention: 2 sequences of 3 queries against 5 keys, 4 heads of 8 for queries and keys and of 6 for values. */
import { describe, expect, test } from 'vitest';
import { node, type WorkCase, workOf } from './views.ts';

const SCORES = 2 * 4 * 3 * 5;
const MACS = SCORES * (8 + 6);
const HEADS = { num_heads: 4n };
const SHARED = { num_heads: 4n, kv_num_heads: 2n };
const runtime = (operator: string, inputs: string[], attributes: Record<string, bigint | bigint[]>, outputs = ['y']) =>
  node(`com.microsoft::${operator}`, inputs, outputs, attributes);

describe('attention of the standard', () => {
  const qkv = (attributes: Record<string, bigint> = {}) => node('Attention', ['q', 'k', 'v'], ['y'], attributes);
  const dims = { q: [2, 4, 3, 8], k: [2, 4, 5, 8], v: [2, 4, 5, 6] };
  test.each<WorkCase>([
    ['heads as dims', qkv(), dims, MACS],
    [
      'heads as attributes',
      qkv({ q_num_heads: 4n, kv_num_heads: 4n }),
      { q: [2, 3, 32], k: [2, 5, 32], v: [2, 5, 24] },
      MACS,
    ],
    ['shared keys', qkv({ q_num_heads: 4n, kv_num_heads: 2n }), { q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12] }, MACS],
    ['shared keys as dims', qkv(), { q: [2, 4, 3, 8], k: [2, 2, 5, 8], v: [2, 2, 5, 6] }, MACS],
    [
      'a cache of 2 and 3 new keys',
      node('Attention', ['q', 'k', 'v', '', 'past', 'past']),
      { q: [2, 4, 3, 8], k: [2, 4, 3, 8], v: [2, 4, 3, 6], past: [2, 4, 2, 8] },
      MACS,
    ],
    ['a window of 1 to each side', qkv({ left_window_size: 1n, right_window_size: 1n }), dims, (MACS / 5) * 3],
    ['a causal mask changes nothing', qkv({ is_causal: 1n }), dims, MACS],
  ])('%s', (_, operator, shapes, macs) => {
    expect(workOf(operator, shapes)?.macs).toBe(macs);
  });

  test('scale, mask and softmax of the scores are FLOPs beside the products', () => {
    expect(workOf(qkv(), dims)?.flops).toBe(2 * MACS + 7 * SCORES);
  });

  test('linear attention: a state of 8 × 6 for each of 2 heads, read by 4', () => {
    const linear = (rule: string) =>
      node('LinearAttention', ['q', 'k', 'v'], ['y'], { q_num_heads: 4n, kv_num_heads: 2n, update_rule: rule });
    const shapes = { q: [1, 5, 32], k: [1, 5, 16], v: [1, 5, 12] };
    expect(workOf(linear('linear'), shapes)?.macs).toBe(5 * 48 * (4 + 2));
    // By the delta rule the state is read before it is written.
    expect(workOf(linear('gated_delta'), shapes)?.macs).toBe(5 * 48 * (4 + 2 * 2));
  });
});

describe('attention of ONNX Runtime', () => {
  const cache = { p: [2, 2, 2, 8] };
  test.each<WorkCase>([
    [
      'heads beside each other',
      runtime('MultiHeadAttention', ['q', 'k', 'v'], HEADS),
      { q: [2, 3, 32], k: [2, 5, 32], v: [2, 5, 24] },
      MACS,
    ],
    ['a packed query', runtime('MultiHeadAttention', ['q'], HEADS), { q: [2, 5, 4, 3, 8] }, 2 * 4 * 5 * 5 * 16],
    [
      'packed keys',
      runtime('MultiHeadAttention', ['q', 'k'], HEADS),
      { q: [2, 3, 32], k: [2, 5, 4, 2, 8] },
      SCORES * 16,
    ],
    [
      'keys of the encoder',
      runtime('MultiHeadAttention', ['q', 'k', 'v'], HEADS),
      { q: [2, 3, 32], k: [2, 4, 5, 8], v: [2, 4, 5, 6] },
      MACS,
    ],
    [
      'MultiHeadAttention with a past of 2',
      runtime('MultiHeadAttention', ['q', 'k', 'v', '', '', '', 'p', 'p'], HEADS),
      { q: [2, 3, 32], k: [2, 3, 32], v: [2, 3, 32], p: [2, 4, 2, 8] },
      SCORES * 16,
    ],
    [
      'groups, length from the present cache',
      runtime('GroupQueryAttention', ['q', 'k', 'v', 'p', 'p'], SHARED, ['y', 'present']),
      { q: [2, 3, 32], k: [2, 3, 16], v: [2, 3, 16], ...cache, present: [2, 2, 5, 8] },
      SCORES * 16,
    ],
    [
      'groups, packed, length from the past',
      runtime('GroupQueryAttention', ['q', '', '', 'p', 'p'], SHARED),
      { q: [2, 3, 64], ...cache },
      SCORES * 16,
    ],
    [
      'groups with a window of 2',
      runtime('GroupQueryAttention', ['q', 'k', 'v', 'p', 'p'], { ...SHARED, local_window_size: 2n }),
      { q: [2, 3, 32], ...cache },
      2 * 4 * 3 * 2 * 16,
    ],
    [
      'one new token against a cache of 4',
      runtime('DecoderMaskedMultiHeadAttention', ['q', 'k', 'v', '', '', 'p', 'p'], HEADS),
      { q: [2, 1, 32], k: [2, 1, 32], v: [2, 1, 32], p: [2, 4, 4, 8] },
      2 * 4 * 5 * 16,
    ],
    [
      'with projections to 3 × 32',
      runtime('Attention', ['x', 'w'], HEADS),
      { x: [2, 3, 10], w: [10, 96] },
      6 * 960 + 2 * 4 * 9 * 16,
    ],
    [
      'with projections, other values and a past of 2',
      runtime('Attention', ['x', 'w', '', '', 'past'], { ...HEADS, qkv_hidden_sizes: [32n, 32n, 24n] }),
      { x: [2, 3, 10], w: [10, 88], past: [2, 2, 4, 2, 8] },
      6 * 880 + MACS,
    ],
    [
      'quantized',
      runtime('QAttention', ['x', 'w', 'b', 's', 't'], HEADS),
      { x: [2, 3, 10], w: [10, 96] },
      6 * 960 + 2 * 4 * 9 * 16,
    ],
    [
      'quantized with three weights',
      runtime('QOrderedAttention', ['x', 's', 's', 's', 's', 'wq', 'wk', 'wv'], HEADS),
      { x: [2, 3, 10], wq: [10, 32], wk: [10, 32], wv: [10, 32] },
      6 * 960 + 2 * 4 * 9 * 16,
    ],
    [
      'packed sequences of at most 3',
      runtime('PackedAttention', ['x', 'w', '', 'o'], HEADS),
      { x: [5, 10], w: [10, 96], o: [2, 3] },
      5 * 960 + 5 * 3 * 64,
    ],
    [
      'packed queries',
      runtime('PackedMultiHeadAttention', ['q', 'k', 'v', '', 'o'], HEADS),
      { q: [5, 32], k: [5, 32], v: [5, 24], o: [2, 3] },
      5 * 3 * 56,
    ],
    [
      'a window of 2 to each side',
      runtime('LongformerAttention', ['x', 'w'], { ...HEADS, window: 2n }),
      { x: [1, 100, 32], w: [32, 96] },
      100 * 3072 + 100 * 5 * 64,
    ],
    [
      'length first',
      runtime('DecoderAttention', ['q', 'k', 'wq', 'wk'], HEADS),
      { q: [3, 2, 32], k: [5, 2, 32], wq: [32, 32], wk: [32, 64] },
      6 * 1024 + 10 * 2048 + SCORES * 16,
    ],
  ])('%s', (_, operator, shapes, macs) => {
    expect(workOf(operator, shapes)?.macs).toBe(macs);
  });

  test('is not known where the length is open', () => {
    const paged = runtime('GroupQueryAttention', ['q', 'k', 'v', 'p', 'p'], SHARED);
    expect(workOf(paged, { q: [2, 3, 32], p: [2, 2, 'past', 8] })?.macs).toBeNaN();
  });
});
