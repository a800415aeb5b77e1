/** The cache of keys and values: by the names of inputs, or by the operators that hold it. */
import { describe, expect, test } from 'vitest';
import { kvCacheOf } from '../../../src/analysis/costs/kv-cache.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import { input, node, type Shapes, view } from './views.ts';

function cacheOf(names: string[], shapes: Shapes, outputs: string[] = [], types: Record<string, DataType> = {}) {
  const parts = { nodes: [], inputs: names.map((name) => input(name)), outputs: outputs.map((name) => input(name)) };
  return kvCacheOf(view(parts, { shapes, types }));
}

describe('inputs that hold the past', () => {
  test('as optimum names them: two layers of 8 heads × 64, key and value', () => {
    const names = [0, 1].flatMap((layer) => ['key', 'value'].map((kind) => `past_key_values.${layer}.${kind}`));
    const present = names.map((name) => name.replace('past_key_values', 'present'));
    const shapes = Object.fromEntries([
      ...names.map((name) => [name, ['batch', 8, 'past', 64]]),
      ...present.map((name) => [name, [1, 8, 128, 64]]),
    ]);
    expect(cacheOf(['input_ids', ...names], shapes, ['logits', ...present])).toEqual({
      facts: {
        layers: 2,
        heads: 8,
        headSize: 64,
        dataType: 'float32',
        bytesPerToken: 2 * 2 * 8 * 64 * 4,
        source: 'inputs past_key_values.0.key, …',
      },
      tensors: new Set([...names, ...present]),
      tokens: 128,
    });
  });

  test.each([
    ['past.0.key', [1, 8, 4, 64], 8 * 64 * 2],
    ['past_key_0', [1, 8, 4, 64], 8 * 64 * 2],
    ['past_0', [2, 1, 8, 4, 64], 2 * 8 * 64 * 2],
    ['past_key_values.0.decoder.key', [1, 8, 4, 64], 8 * 64 * 2],
  ])('%s counts, in float16', (name, shape, bytesPerToken) => {
    expect(cacheOf([name], { [name]: shape }, [], { [name]: 'float16' })?.facts).toMatchObject({
      layers: 1,
      bytesPerToken,
    });
  });

  test('the half of the encoder does not grow, and other names are no cache', () => {
    for (const name of ['past_key_values.0.encoder.key', 'past_state', 'pasta.0.key', 'past']) {
      expect(cacheOf([name], { [name]: [1, 8, 4, 64] }), name).toBeNull();
    }
  });

  test('layers may be unlike one another: the bytes are summed', () => {
    const shapes = { 'past.0.key': [1, 8, 4, 64], 'past.1.key': [1, 2, 4, 32] };
    expect(cacheOf(Object.keys(shapes), shapes)?.facts).toMatchObject({
      layers: 2,
      bytesPerToken: (8 * 64 + 2 * 32) * 4,
    });
  });

  test('with open heads nothing is claimed', () => {
    expect(cacheOf(['past.0.key'], { 'past.0.key': [1, 'heads', 4, 64] })).toBeNull();
  });
});

describe('operators that hold the past', () => {
  test('heads come from the attributes of GroupQueryAttention where the shape leaves them open', () => {
    const attributes = { num_heads: 32n, kv_num_heads: 4n };
    const layer = (index: number) =>
      node(
        'com.microsoft::GroupQueryAttention',
        ['q', 'k', 'v', `k${index}`, `v${index}`],
        ['y', `pk${index}`, `pv${index}`],
        attributes,
      );
    const past = { k0: [1, null, 'p', 128], v0: [1, null, 'p', 128], k1: [1, 4, 'p', 128], v1: [1, 4, 'p', 128] };
    const parts = {
      nodes: [layer(0), layer(1)],
      inputs: Object.keys(past).map((name) => input(name)),
      outputs: [input('pk0')],
    };
    expect(kvCacheOf(view(parts, { shapes: { ...past, pk0: [1, 4, 'total', 128] } }))).toMatchObject({
      facts: {
        layers: 2,
        heads: 4,
        headSize: 128,
        bytesPerToken: 4 * 4 * 128 * 4,
        source: '2 × com.microsoft::GroupQueryAttention',
      },
      tensors: new Set(['k0', 'v0', 'k1', 'v1', 'pk0']),
      tokens: null,
    });
  });

  test('Attention without a past has no cache', () => {
    expect(
      kvCacheOf(view({ nodes: [node('Attention', ['q', 'k', 'v'])] }, { shapes: { q: [1, 4, 3, 8] } })),
    ).toBeNull();
  });
});
