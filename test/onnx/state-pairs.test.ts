import { describe, expect, test } from 'vitest';
import { statePairs } from '../../src/onnx/state-pairs.ts';
import type { TensorInfo } from '../../src/onnx/value-info.ts';

const float = (name: string, shape: TensorInfo['shape']): TensorInfo => ({ name, dataType: 'float32', shape });

describe('state', () => {
  const pairs = (inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]) =>
    statePairs(inputs, outputs).map(({ input, output }) => `${input.name} ${output.name}`);
  const make = (...names: string[]) => names.map((name) => float(name, [2, 1, 8]));

  test('is found by the names that exporters give', () => {
    expect(pairs(make('h', 'c', 'x'), make('y', 'hn', 'cn'))).toEqual(['h hn', 'c cn']);
    expect(pairs(make('h0', 'in_cache', 'state_in'), make('hn', 'out_cache', 'state_out'))).toEqual([
      'h0 hn',
      'in_cache out_cache',
      'state_in state_out',
    ]);
    expect(pairs(make('conv_cache'), make('new_conv_cache'))).toEqual(['conv_cache new_conv_cache']);
  });

  test('is none where types or sizes differ, or where an output just has a similar name', () => {
    expect(pairs(make('h'), [float('hn', [2, 1, 9])])).toEqual([]);
    expect(pairs(make('h'), [{ ...float('hn', [2, 1, 8]), dataType: 'float16' }])).toEqual([]);
    expect(pairs(make('input'), make('output'))).toEqual([]);
  });
});
