import { describe, expect, test } from 'vitest';
import { parseRequestJson } from '../../src/server/request-json.ts';

const parse = (text: string): unknown => parseRequestJson(Buffer.from(text));

describe('parseRequestJson', () => {
  test.each([
    '',
    '{',
    '{"a":}',
    '[1 2]',
    'nope',
    '{"a":NaNa}',
    '[12345678901234567',
    '{NaN:1}',
    '[NaN,]',
    '[NaN,nope]',
    '[NaN,01]',
    '[NaN]]',
    '{"a":NaN,}',
    '{"a" NaN}',
    '["\\x",NaN]',
    '["\n",NaN]',
    'NaN"\\',
    '[0000000000000000001]',
  ])('refuses %j as Triton does', (text) => {
    expect(() => parse(text)).toThrow(/^failed to parse the request JSON buffer: /);
  });

  test('refuses nesting beyond 100, in lists and in objects, before it builds anything', () => {
    const message = 'JSON nesting depth exceeds the maximum allowed limit of 100';
    expect(() => parse('['.repeat(101) + ']'.repeat(101))).toThrow(message);
    expect(() => parse(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`)).toThrow(message);
    expect(() => parse('['.repeat(5_000_000))).toThrow(message);
  });

  test('takes 100 levels, many small lists, and brackets inside of strings', () => {
    expect(parse('['.repeat(100) + ']'.repeat(100))).toBeInstanceOf(Array);
    expect(parse(`[${Array(500).fill('[1]').join(',')}]`)).toHaveLength(500);
    const text = '[\\"['.repeat(200);
    expect(parse(`["${text}"]`)).toEqual(['["['.repeat(200)]);
  });

  test('a string that never ends and a long one stand beside NaN without much time or stack', () => {
    expect(() => parse(`NaN"${'\\"'.repeat(200_000)}`)).toThrow(/^failed to parse the request JSON buffer: /);
    expect(() => parse(`[NaN,"${'\\"'.repeat(200_000)}`)).toThrow(/^failed to parse the request JSON buffer: /);
    const long = 'x'.repeat(8 * 1024 * 1024);
    expect(parse(`["${long}",NaN]`)).toEqual([long, Number.NaN]);
  });

  test('a number of very many digits is a double', () => {
    expect(parse(`[1${'0'.repeat(30)},12345678901234567]`)).toEqual([1e30, 12345678901234567n]);
    expect(parse(`[${'9'.repeat(1_000_000)}]`)).toEqual([Infinity]);
  });

  test('beside NaN, everything else is what JSON.parse makes of it', () => {
    const text = '{"a":[true,false,null,-1.5e-3,"\\u00e9\\"\\\\",[],{}],"__proto__":{"b":1},"a b":"1"}';
    expect(parse(`[ NaN ,\t${text}\n]`)).toEqual([Number.NaN, JSON.parse(text)]);
  });

  test('keeps the digits of integers beyond 2^53', () => {
    expect(parse('[9007199254740993, -9223372036854775808,18446744073709551615 ]')).toEqual([
      9007199254740993n,
      -9223372036854775808n,
      18446744073709551615n,
    ]);
    expect(parse('{"a":12345678901234567}')).toEqual({ a: 12345678901234567n });
  });

  test('leaves floats with many digits and digits inside of strings alone', () => {
    expect(parse('[0.10000000000000000555,1e300,-1.5]')).toEqual([0.1, 1e300, -1.5]);
    expect(parse('["[12345678901234567]",12345678901234567]')).toEqual(['[12345678901234567]', 12345678901234567n]);
  });

  test('reads NaN and the infinities as numbers, but not inside of strings', () => {
    expect(parse('[NaN,Infinity,-Infinity,"NaN"]')).toEqual([Number.NaN, Infinity, -Infinity, 'NaN']);
  });
});
