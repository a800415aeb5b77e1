import { describe, expect, test } from 'vitest';
import { parseTextFormat } from '../../src/artifacts/triton/parse-text.ts';
import { readConfig } from '../../src/artifacts/triton/read-config.ts';
import { enumName, printTextFormat } from '../../src/artifacts/triton/text-format.ts';

describe('the parser of protobuf text format', () => {
  test.each([
    ['a message that is not closed', 'input {\n  name: "x"\n', 3, 'the end of the file'],
    ['a brace too many', 'name: "x"\n}', 2, 'expected a field name'],
    ['a string without an end', 'name: "x\nbackend: "y"', 1, 'a string has no end'],
    ['a comma at the end of a list', 'dims: [ 1, 2, ]', 1, 'may not end with a comma'],
    ['two values without a comma', 'dims: [ 1 2 ]', 1, 'expected ","'],
    ['a scalar without a colon', 'max_batch_size 8', 1, 'expected ":"'],
    ['a character that means nothing', 'name = "x"', 1, 'unexpected "="'],
    ['an unknown escape', 'name: "\\q"', 1, 'unknown escape'],
    ['messages nested without end', 'a{'.repeat(1000), 1, 'nested deeper'],
  ])('refuses %s with its line', (_, text, line, message) => {
    expect(() => parseTextFormat(text)).toThrow(
      expect.objectContaining({ line, message: expect.stringContaining(message) }),
    );
  });

  test('reads what people write: comments, angle brackets, separators, adjacent and single-quoted strings', () => {
    const text = `# head\nname: 'a' "b" # tail\ninput < name: "\\303\\244\\x41\\u00e9" dims: -1; >,\ninput { dims: [ 1, 0x10 ] }`;
    const { config, problems } = readConfig(text);
    expect(problems).toEqual([]);
    expect(config.name).toBe('ab');
    expect(config.input.map(({ name, dims }) => ({ name, dims }))).toEqual([
      { name: 'äAé', dims: [-1] },
      { name: '', dims: [1, 16] },
    ]);
  });

  test.each([
    ['a field that does not exist', 'max_batchsize: 8', 'has no field max_batchsize'],
    ['a wrong enum value', 'input [ { data_type: TYPE_FLOAT } ]', 'data_type takes'],
    ['text for a number', 'max_batch_size: "8"', 'max_batch_size takes int'],
    ['a fraction for an integer', 'max_batch_size: 8.5', 'max_batch_size takes int'],
    ['a negative unsigned number', 'dynamic_batching { max_queue_delay_microseconds: -1 }', 'takes uint'],
    ['a list for a single field', 'name: [ "a" ]', 'takes no list'],
    ['a field given twice', 'name: "a"\nname: "b"', 'given twice'],
    ['a number for a message', 'dynamic_batching: 3', 'needs { }'],
    ['two schedulers', 'dynamic_batching { }\nsequence_batching { }', 'only one of'],
  ])('reports %s, as protobuf does', (_, text, message) => {
    expect(readConfig(text).problems).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });
});

describe('the printer of protobuf text format', () => {
  test('gives back through the parser what it was given, however odd the text', () => {
    const odd = 'quote " back \\ line\n tab\t bell\u0007 delete\u007f ä 漢 😀';
    const text = printTextFormat({
      name: odd,
      input: [{ name: odd, data_type: enumName('TYPE_FP32'), dims: [-1, 3] }],
    });
    const { config, problems } = readConfig(text);
    expect(problems).toEqual([]);
    expect(config.name).toBe(odd);
    expect(config.input[0]).toMatchObject({ name: odd, data_type: 'TYPE_FP32', dims: [-1, 3] });
  });

  test('prints nested messages, empty lists and lists of messages without a last comma', () => {
    const message = { a: { b: [] }, c: [{ d: true }, { e: 1 }], f: undefined };
    expect(printTextFormat(message, ['why'])).toBe(
      '# why\na {\n  b: [ ]\n}\nc [\n  {\n    d: true\n  },\n  {\n    e: 1\n  }\n]\n',
    );
  });
});
