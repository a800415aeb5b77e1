import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { type DataOptions, openData } from '../../../src/quantization/data/open.ts';
import { allOf, type Content, testFolder, valuesOf } from './folders.ts';

const folder = testFolder();
afterAll(() => folder.remove());

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'the', 'cat', 'sat', '##s'];
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });

/** Words in lower case, as BERT has them. */
const TOKENIZER = JSON.stringify({
  version: '1.0',
  added_tokens: VOCABULARY.slice(0, 4).map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), sequence('A', 0), special('[SEP]')],
    pair: [
      special('[CLS]'),
      sequence('A', 0),
      special('[SEP]'),
      sequence('B', 1),
      { SpecialToken: { id: '[SEP]', type_id: 1 } },
    ],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
  },
});

const token = (name: string, length: TensorInfo['shape'] = ['batch', 'length']): TensorInfo => ({
  name,
  dataType: 'int64',
  shape: length,
});
const INPUTS = [token('input_ids'), token('attention_mask'), token('token_type_ids')];
const IMAGE = { mean: [0], std: [1], channels: 'rgb' as const };

/** A folder with data, a tokenizer and whatever else; `data` is opened. */
function open(
  data: string,
  files: Readonly<Record<string, Content>>,
  inputs: readonly TensorInfo[] = INPUTS,
  options: Partial<DataOptions> = {},
) {
  const place = folder.put({ 'tokenizer.json': TOKENIZER, ...files });
  return openData({ path: join(place, data), bind: {} }, inputs, { image: IMAGE, seed: 0, ...options });
}
const ids = async (...args: Parameters<typeof open>) =>
  (await valuesOf(await open(...args), 'input_ids')).map((list) => list.map(Number));

describe('texts that cannot be used', () => {
  test('without a tokenizer the hint says how to give one', async () => {
    const path = folder.putFile('a.txt', 'the cat\n');
    await expect(openData({ path, bind: {} }, INPUTS, { image: IMAGE, seed: 0 })).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      hint: expect.stringContaining('--tokenizer'),
    });
  });

  test.each([
    ['is not JSON', '{'],
    ['is not an object', '[]'],
    ['is of no known kind', '{"model": {"type": "Elsewhere"}}'],
  ])('a tokenizer.json that %s is named', async (_, content) => {
    await expect(open('a.txt', { 'a.txt': 'x', 'tokenizer.json': content })).rejects.toMatchObject({
      code: 'DATA_UNREADABLE',
      message: expect.stringContaining('tokenizer.json cannot be read'),
    });
  });

  test('a model with other inputs is told which are missing', async () => {
    const inputs = [...INPUTS, { name: 'pixels', dataType: 'float32', shape: [1, 3] } as const];
    await expect(open('a.txt', { 'a.txt': 'x' }, inputs)).rejects.toMatchObject({
      code: 'DATA_MISMATCH',
      message: expect.stringContaining('pixels float32 [1, 3]'),
    });
  });

  test('a row whose text is none is named', async () => {
    await expect(open('a.jsonl', { 'a.jsonl': '{"text": "the"}\n{"text": 3}' })).rejects.toMatchObject({
      message: expect.stringContaining('a.jsonl:2 has 3 as text'),
    });
  });
});

describe('texts', () => {
  test('become the inputs that the model has, one line per sample, without padding', async () => {
    const set = await open('a.txt', { 'a.txt': 'The cats sat\r\n\r\ndog\n' });
    expect(await allOf(set)).toEqual(
      [
        [2, 4, 5, 7, 6, 3],
        [2, 1, 3],
      ].map((list) => ({
        input_ids: { dataType: 'int64', dims: [1, list.length], data: BigInt64Array.from(list, BigInt) },
        attention_mask: { dataType: 'int64', dims: [1, list.length], data: BigInt64Array.from(list, () => 1n) },
        token_type_ids: { dataType: 'int64', dims: [1, list.length], data: BigInt64Array.from(list, () => 0n) },
      })),
    );
    expect(set.preparation).toMatch(/^text through .*tokenizer\.json, no limit known, for input_ids, attention_mask/);
  });

  test('come from columns too, with their labels', async () => {
    const set = await open('a.csv', { 'a.csv': 'label,sentence\n1,"the cat"\n0,sat\n' }, [token('input_ids')]);
    expect((await valuesOf(set, 'input_ids')).map((list) => list.map(Number))).toEqual([
      [2, 4, 5, 3],
      [2, 6, 3],
    ]);
    expect(set.labels).toEqual([1, 0]);
  });

  test('in pairs stand behind each other', async () => {
    const set = await open('a.jsonl', { 'a.jsonl': '{"text": "the", "text_pair": "cat sat"}' });
    const [feeds] = await allOf(set);
    expect([...(feeds?.input_ids?.data ?? [])].map(Number)).toEqual([2, 4, 3, 5, 6, 3]);
    expect([...(feeds?.token_type_ids?.data ?? [])].map(Number)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test.each([
    [
      'of RoBERTa',
      { type: 'RobertaProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
      [2, 4, 3, 3, 5, 6, 3],
      Array(7).fill(0),
    ],
    ['without special tokens', { type: 'ByteLevel', trim_offsets: true }, [4, 5, 6], [0, 1, 1]],
    ['without a processor', null, [4, 5, 6], [0, 1, 1]],
  ])('in pairs are joined as the library of Hugging Face does: %s', async (_, processor, expected, types) => {
    const tokenizer = JSON.stringify({ ...JSON.parse(TOKENIZER), post_processor: processor });
    const row = { 'a.jsonl': '{"text": "the", "text_pair": "cat sat"}', 'tokenizer.json': tokenizer };
    const [feeds] = await allOf(await open('a.jsonl', row));
    expect([...(feeds?.input_ids?.data ?? [])].map(Number)).toEqual(expected);
    expect([...(feeds?.token_type_ids?.data ?? [])].map(Number)).toEqual(types);
  });

  test('are cut to the least limit of the files beside the tokenizer, and special tokens stay', async () => {
    const text = { 'a.txt': 'the cat sat the cat sat' };
    const limits = {
      'tokenizer_config.json': '{"model_max_length": 1e30}',
      'config.json': '{"max_position_embeddings": 6}',
      'sentence_bert_config.json': '{"max_seq_length": 5}',
    };
    expect(await ids('a.txt', { ...text, ...limits })).toEqual([[2, 4, 5, 6, 3]]);
    const options = { text: { tokenizer: null, maxTokens: 4 } };
    expect(await ids('a.txt', { ...text, ...limits }, INPUTS, options)).toEqual([[2, 4, 5, 3]]);
  });

  test.each([
    [7, [2, 4, 4, 3, 5, 5, 3]],
    [6, [2, 4, 3, 5, 5, 3]],
  ])('in pairs are cut to %i as the library of Hugging Face does', async (maxTokens, expected) => {
    const row = { 'a.jsonl': '{"text": "the the the", "text_pair": "cat cat cat"}' };
    expect(await ids('a.jsonl', row, INPUTS, { text: { tokenizer: null, maxTokens } })).toEqual([expected]);
  });

  test('are padded where the model fixes the length', async () => {
    const inputs = ['input_ids', 'attention_mask'].map((name) => token(name, [1, 6]));
    const [feeds] = await allOf(await open('a.txt', { 'a.txt': 'the cat' }, inputs));
    expect([...(feeds?.input_ids?.data ?? [])].map(Number)).toEqual([2, 4, 5, 3, 0, 0]);
    expect([...(feeds?.attention_mask?.data ?? [])].map(Number)).toEqual([1, 1, 1, 1, 0, 0]);
    expect(await ids('a.txt', { 'a.txt': 'the cat sat the cat sat' }, inputs)).toEqual([[2, 4, 5, 6, 4, 3]]);
  });

  test('begin a decoder without a past', async () => {
    const past: TensorInfo = { name: 'past_key_values.0.key', dataType: 'float32', shape: ['batch', 2, 'past', 8] };
    const branch: TensorInfo = { name: 'use_cache_branch', dataType: 'bool', shape: [1] };
    const inputs = [token('input_ids'), token('position_ids'), past, branch];
    const [feeds] = await allOf(await open('a.txt', { 'a.txt': 'the cat' }, inputs));
    expect([...(feeds?.position_ids?.data ?? [])].map(Number)).toEqual([0, 1, 2, 3]);
    expect(feeds?.[past.name]).toEqual({ dataType: 'float32', dims: [1, 2, 0, 8], data: new Float32Array(0) });
    expect(feeds?.use_cache_branch).toEqual({ dataType: 'bool', dims: [1], data: Uint8Array.of(0) });
  });

  test('go as they are into an input of strings', async () => {
    const inputs: TensorInfo[] = [{ name: 'words', dataType: 'string', shape: [null] }];
    const path = folder.putFile('a.txt', 'the cat\n');
    expect(await allOf(await openData({ path, bind: {} }, inputs, { image: IMAGE, seed: 0 }))).toEqual([
      { words: { dataType: 'string', dims: [1], data: ['the cat'] } },
    ]);
  });

  test('are named by a digest that changes with the tokenizer', async () => {
    const text = { 'a.txt': 'the cat' };
    const plain = (await open('a.txt', text)).digest;
    expect((await open('a.txt', text)).digest).toBe(plain);
    expect((await open('a.txt', { ...text, 'config.json': '{"max_position_embeddings": 3}' })).digest).not.toBe(plain);
  });

  test('may name their classes as the config.json of the model does', async () => {
    const modelPath = folder.putFile('model.onnx', '');
    const config = JSON.stringify({ id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' } });
    writeFileSync(join(dirname(modelPath), 'config.json'), config);
    const rows = { 'a.csv': 'text,label\nthe,POSITIVE\ncat,NEGATIVE\nsat,1\n' };
    expect((await open('a.csv', rows, INPUTS, { modelPath })).labels).toEqual([1, 0, 1]);
    await expect(open('a.csv', { 'a.csv': 'text,label\nthe,good\n' }, INPUTS, { modelPath })).rejects.toMatchObject({
      message: expect.stringContaining(
        'a.csv:2 has the label "good", which is not the index of a class or one of NEGATIVE',
      ),
    });
  });

  test('are cut to the limit of the model where the tokenizer lies elsewhere', async () => {
    const data = folder.putFile('a.txt', 'the cat sat');
    const modelPath = folder.putFile('model.onnx', '');
    writeFileSync(join(dirname(modelPath), 'config.json'), '{"max_position_embeddings": 4}');
    const text = { tokenizer: folder.put({ 'tokenizer.json': TOKENIZER }), maxTokens: null };
    const set = await openData({ path: data, bind: {} }, INPUTS, { image: IMAGE, seed: 0, text, modelPath });
    expect((await valuesOf(set, 'input_ids')).map((list) => list.map(Number))).toEqual([[2, 4, 5, 3]]);
  });

  test('find the tokenizer beside the model, above its folder onnx, or where the user says', async () => {
    const data = folder.putFile('a.txt', 'the');
    const home = folder.put({ 'tokenizer.json': TOKENIZER });
    mkdirSync(join(home, 'onnx'));
    writeFileSync(join(home, 'onnx', 'model.onnx'), '');
    for (const modelPath of [join(home, 'model.onnx'), join(home, 'onnx', 'model.onnx')]) {
      const set = await openData({ path: data, bind: {} }, INPUTS, { image: IMAGE, seed: 0, modelPath });
      expect(set.preparation).toContain(join(home, 'tokenizer.json'));
    }
    for (const tokenizer of [home, join(home, 'tokenizer.json')]) {
      const text = { tokenizer, maxTokens: null };
      const set = await openData({ path: data, bind: {} }, INPUTS, { image: IMAGE, seed: 0, text });
      expect(set.count).toBe(1);
    }
  });
});
