import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const file =
  (name: string, content: Uint8Array | string) =>
  (scratch: Scratch): void =>
    scratch.file(name, content);
const config = (value: unknown, name = 'config.json') => file(name, JSON.stringify(value));
const chat = (template: string) => config({ chat_template: template }, 'tokenizer_config.json');

function safetensors(header: unknown, dataBytes: number, length?: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([size, text, Buffer.alloc(dataBytes)]);
}

const pair = (a: [number, number], b: [number, number]) => ({
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [1], data_offsets: a },
  b: { dtype: 'F32', shape: [1], data_offsets: b },
});

export const FOLDER_CASES: readonly RuleCase[] = [
  {
    rule: 'link-escapes',
    title: 'a link to a file beside the repository',
    breaks: (scratch) => {
      writeFileSync(join(scratch.root, 'secret.txt'), 'x');
      symlinkSync(join(scratch.root, 'secret.txt'), scratch.path('a.txt'));
    },
    passes: (scratch) => {
      scratch.file('real.txt', 'x');
      scratch.link('real.txt', 'a.txt');
    },
  },
  {
    rule: 'special-file',
    title: 'a pipe, without waiting for its writer',
    breaks: (scratch) => void spawnSync('mkfifo', [scratch.path('model.onnx')]),
    passes: file('a.txt', 'x'),
  },
  {
    rule: 'file-not-allowed',
    title: 'a type that is on no list',
    breaks: file('a.exotic', 'x'),
    passes: file('LICENSE', 'x'),
  },
  {
    rule: 'scan-limit',
    title: 'folders in folders without end',
    breaks: file(`${'d/'.repeat(40)}a.txt`, 'x'),
    passes: file(`${'d/'.repeat(20)}a.txt`, 'x'),
  },
  { rule: 'python-code', title: 'a Python file', breaks: file('modeling.py', ''), passes: file('modeling.md', '') },
  {
    rule: 'script-code',
    title: 'a script without an ending',
    breaks: file('run', '#!/bin/sh\n'),
    passes: file('run.txt', '# /bin/sh\n'),
  },
  { rule: 'native-library', title: 'a library by its name', breaks: file('ops.so', ''), passes: file('ops.md', '') },
  {
    rule: 'native-library',
    title: 'a library under the name of weights',
    breaks: file('weights.data', '\x7fELF\x02\x01\x01'),
    passes: file('weights.data', 'ELF'),
  },
  {
    rule: 'safetensors-header',
    title: 'tensors that overlap',
    breaks: file('m.safetensors', safetensors(pair([0, 4], [3, 7]), 7)),
    passes: file('m.safetensors', safetensors(pair([0, 4], [4, 8]), 8)),
  },
  {
    rule: 'safetensors-header',
    title: 'a gap at the end',
    breaks: file('m.safetensors', safetensors(pair([0, 4], [4, 8]), 9)),
    passes: file('m.safetensors', safetensors(pair([4, 8], [0, 4]), 8)),
  },
  {
    rule: 'safetensors-header',
    title: 'a header longer than the file',
    breaks: file('m.safetensors', safetensors({}, 0, 2 ** 40)),
    passes: file('m.safetensors', safetensors({}, 0)),
  },
  {
    rule: 'safetensors-header',
    title: 'a header that is not JSON',
    breaks: file('m.safetensors', safetensors('{"a": ', 0)),
    passes: file('m.safetensors', safetensors('{}   ', 0)),
  },
  {
    rule: 'auto-map',
    title: 'classes of the repository',
    breaks: config({ auto_map: { AutoModel: 'modeling.Net' } }),
    passes: config({ auto_map: {}, model_type: 'bert' }),
  },
  {
    rule: 'auto-map',
    title: 'an object of Hydra, deep inside',
    breaks: config({ model: { encoder: { _target_: 'os.system' } } }, 'model_config.json'),
    passes: config({ model: { encoder: { target: 'os.system' } } }, 'model_config.json'),
  },
  {
    rule: 'yaml-code',
    title: 'a tag of Python',
    breaks: file('a.yaml', 'a: !!python/object/apply:os.system ["id"]\n'),
    passes: file('a.yaml', 'a: !!str python/object\n'),
  },
  {
    rule: 'chat-template',
    title: 'a template',
    breaks: chat('{{ messages[0].content }}'),
    passes: config({ chat: 'x' }, 'tokenizer_config.json'),
  },
  ...[
    ['an attribute with underscores', "{{ ''.__class__.__mro__ }}", "{{ '' }} def __init__(self): pass"],
    ['the same in brackets', "{{ x['__class__'] }}", "{{ x['class'] }}"],
    ['the same put together', "{{ x['__cl' ~ 'ass__'] }}", "{{ x['a' ~ 'b'] }}"],
    ['the same in escapes', '{{ x["\\x5f\\x5fclass\\x5f\\x5f"] }}', '{{ x["\\x41class"] }}'],
    ['the filter attr', "{{ x|attr('a') }}", "{{ x|map(attribute='content')|list }}"],
    ['the filter map', "{{ x|map(attribute='a.__class__')|list }}", '{{ x.attr }}'],
    ['a global of Jinja', '{{ lipsum.a }}', '{{ content.lipsum }}'],
    ['another template', "{% include 'x' %}", "{% set include = 'x' %}{{ include }}"],
    ['a loop without an end', '{% for i in range(999999999) %}{% endfor %}', '{% for i in range(9) %}{% endfor %}'],
  ].map(
    ([title, bad, good]): RuleCase => ({
      rule: 'chat-template-code',
      title: title as string,
      breaks: chat(bad as string),
      passes: chat(good as string),
    }),
  ),
  {
    rule: 'chat-template-code',
    title: 'a template of two million characters',
    breaks: chat(' '.repeat(2_000_000)),
    passes: chat(' '.repeat(20_000)),
  },
  {
    rule: 'chat-template-code',
    title: 'a template in a file of its own',
    breaks: file('chat_template.jinja', '{%- set a = cycler.__init__ -%}'),
    passes: file('chat_template.jinja', '{#- cycler.__init__ -#}{%- set a = 1 -%}'),
  },
  {
    rule: 'chat-template-code',
    title: 'the second of several templates',
    breaks: config(
      {
        chat_template: [
          { name: 'a', template: 'x' },
          { name: 'b', template: '{{ x.__y }}' },
        ],
      },
      'tokenizer_config.json',
    ),
    passes: config(
      {
        chat_template: [
          { name: 'a', template: 'x' },
          { name: 'b', template: '{{ x._y }}' },
        ],
      },
      'tokenizer_config.json',
    ),
  },
];
