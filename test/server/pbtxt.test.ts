import { describe, expect, test } from 'vitest';
import { parseTextFormat } from '../../src/server/pbtxt.ts';

describe('the tolerant reader of text format', () => {
  test('refuses a text that ends inside of a message, a list or before a value', () => {
    expect(() => parseTextFormat('input { name: "x"')).toThrow('the text ends before }');
    expect(() => parseTextFormat('dims: [ 1, 2')).toThrow('the text ends before ]');
    expect(() => parseTextFormat('name:')).toThrow('the text ends before a value');
  });

  test('refuses what is neither a name nor a value', () => {
    expect(() => parseTextFormat('} name: 1')).toThrow('expected a field name instead of }');
    expect(() => parseTextFormat('name: ]')).toThrow('expected a value instead of ]');
    expect(() => parseTextFormat('name { : 1 }')).toThrow('expected a field name instead of :');
  });

  test('refuses messages that nest without end', () => {
    expect(() => parseTextFormat('a {'.repeat(1000))).toThrow('messages nest deeper than 32');
  });

  test('reads comments, lists, repeated fields, both brackets, escapes and identifiers', () => {
    const message = parseTextFormat(`
      name: "a # no comment \\"b\\"" # a comment: { "
      max_batch_size: 8, ; dims: [ -1, 3 ] dims: 7
      input < data_type: TYPE_FP32 >
      parameters { key: 'k' value: { string_value: "v" } }`);
    expect(message.get('name')).toEqual(['a # no comment "b"']);
    expect(message.get('max_batch_size')).toEqual([8]);
    expect(message.get('dims')).toEqual([-1, 3, 7]);
    expect(message.get('input')).toEqual([new Map([['data_type', ['TYPE_FP32']]])]);
    expect(message.get('parameters')).toEqual([
      new Map<string, unknown>([
        ['key', ['k']],
        ['value', [new Map([['string_value', ['v']]])]],
      ]),
    ]);
  });
});
