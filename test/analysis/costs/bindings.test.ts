/** Which sizes open dims get. */
import { describe, expect, test } from 'vitest';
import { sizesOfDims } from '../../../src/analysis/costs/bindings.ts';
import type { Dim } from '../../../src/onnx/build.ts';
import { infos } from './views.ts';

const inputs = (shapes: Record<string, readonly Dim[] | null>) => Object.values(infos(shapes));

describe('without --bind', () => {
  test('the first dim is the batch and is 1; others stay open unless their name says what they are', () => {
    expect(sizesOfDims(inputs({ image: ['N', 3, 'height', null] }), {})).toEqual({
      bindings: { N: 1 },
      assumed: ['N'],
      open: ['height', 'image:3'],
      batch: 'N',
    });
  });

  test('a sequence has 128 tokens and a past has none; sums and totals follow', () => {
    const shapes = {
      input_ids: ['batch_size', 'sequence_length'],
      attention_mask: ['batch_size', 'past_sequence_length + sequence_length'],
      mask: ['batch_size', 'total_sequence_length'],
      step: ['batch_size', 'past_sequence_length + 1'],
      'past_key_values.0.key': ['batch_size', 8, 'past_sequence_length', 64],
    };
    expect(sizesOfDims(inputs(shapes), {}).bindings).toEqual({
      batch_size: 1,
      sequence_length: 128,
      past_sequence_length: 0,
      'past_sequence_length + sequence_length': 128,
      total_sequence_length: 128,
      'past_sequence_length + 1': 1,
    });
  });

  test('a sequence in front of the batch is no batch', () => {
    expect(sizesOfDims(inputs({ x: ['seq_len', 'batch', 40] }), {})).toMatchObject({
      bindings: { seq_len: 128, batch: 1 },
      batch: 'batch',
    });
  });

  test('an open first dim without a name is bound by its place', () => {
    expect(sizesOfDims(inputs({ 'a:b': [null, 4] }), {})).toMatchObject({ bindings: { 'a:b:0': 1 }, batch: 'a:b:0' });
  });

  test('a model of fixed shapes has nothing to bind, and neither has an unknown rank', () => {
    const none = { bindings: {}, assumed: [], open: [], batch: undefined };
    expect(sizesOfDims(inputs({ x: [1, 3, 8, 8], y: [] }), {})).toEqual(none);
    expect(sizesOfDims(inputs({ x: null }), {})).toEqual(none);
  });
});

describe('with --bind', () => {
  test('what is given counts, the rest is assumed; totals follow what is given', () => {
    const shapes = { ids: ['batch', 'sequence'], mask: ['batch', 'total_length'], past: ['batch', 'past_length'] };
    expect(sizesOfDims(inputs(shapes), { batch: 8, sequence: 1, past_length: 100 })).toEqual({
      bindings: { batch: 8, sequence: 1, past_length: 100, total_length: 101 },
      assumed: ['total_length'],
      open: [],
      batch: 'batch',
    });
  });

  test('a place stands for its symbol, so that other inputs follow', () => {
    const sizes = sizesOfDims(inputs({ x: ['batch', 4], z: ['batch', 9] }), { 'x:0': 8 });
    expect(sizes).toMatchObject({ bindings: { batch: 8 }, assumed: [] });
  });

  test('names that mean something to JavaScript are only names', () => {
    expect(sizesOfDims(inputs({ x: ['constructor', 4] }), {}).bindings).toEqual({ constructor: 1 });
  });
});
