/** Holds the walls of the house: who may import whom, and where each foreign library and global is met. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const SOURCE = new URL('../src/', import.meta.url).pathname;

const MIDDLE = ['base', 'onnx', 'runtime', 'config'];
/** Room → rooms that it may import. `ui` may also import the types of what it prints. */
const ARROWS: Record<string, readonly string[]> = {
  base: [],
  config: ['base'],
  onnx: ['base'],
  runtime: ['base', 'onnx'],
  sources: MIDDLE,
  analysis: MIDDLE,
  tasks: MIDDLE,
  quantization: [...MIDDLE, 'tasks'],
  evaluation: [...MIDDLE, 'tasks'],
  artifacts: MIDDLE,
  server: [...MIDDLE, 'tasks'],
  catalog: MIDDLE,
  doctor: MIDDLE,
  diff: MIDDLE,
  scanner: MIDDLE,
  pipeline: [
    ...MIDDLE,
    'sources',
    'analysis',
    'quantization',
    'evaluation',
    'tasks',
    'artifacts',
    'server',
    'catalog',
    'doctor',
    'diff',
    'scanner',
  ],
  ui: ['base'],
  cli: ['base', 'config', 'pipeline', 'ui'],
};

/** Library → rooms that may name it; a room's front door to it is its own business. */
const LIBRARIES: Record<string, readonly string[]> = {
  execa: ['base'],
  pino: ['base'],
  'onnxruntime-node': ['runtime'],
  'better-sqlite3': ['catalog'],
  sharp: ['tasks'],
  '@huggingface/tokenizers': ['tasks'],
  'csv-parse': ['quantization'],
  fastify: ['server'],
  'prom-client': ['server'],
  '@huggingface/hub': ['sources'],
  cosmiconfig: ['config'],
  commander: ['cli'],
  listr2: ['ui'],
  ink: ['ui'],
  react: ['ui'],
  eta: ['artifacts'],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly isType: boolean;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => ({
    name,
    room: name.includes('/') ? (name.split('/')[0] as string) : 'index',
    text: readFileSync(join(SOURCE, name), 'utf8'),
  }));

const imports: Import[] = files.flatMap(({ name, room, text }) =>
  [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g)].map(
    (match) => ({
      file: name,
      room,
      target: (match[2] ?? match[3]) as string,
      isType: match[1] !== undefined,
    }),
  ),
);

function roomOf(item: Import): string | undefined {
  if (!item.target.startsWith('.')) return undefined;
  const path = relative(SOURCE, join(SOURCE, item.file, '..', item.target));
  return path.includes('/') ? path.split('/')[0] : 'index';
}

describe('the walls of the house', () => {
  test('a room imports only the rooms that its arrows allow', () => {
    const wrong = imports.filter((item) => {
      const target = roomOf(item);
      if (target === undefined || target === item.room || item.room === 'index') return false;
      if (item.room === 'ui' && item.isType && target !== 'cli') return false;
      if (target === 'config' && !item.isType && item.room !== 'cli') return true;
      return !(ARROWS[item.room] ?? []).includes(target);
    });
    expect(wrong.map((item) => `${item.file} → ${item.target}`)).toEqual([]);
  });

  test('each foreign library is met in one room', () => {
    const wrong = imports.filter((item) => {
      const rooms =
        LIBRARIES[
          item.target
            .split('/')
            .slice(0, item.target.startsWith('@') ? 2 : 1)
            .join('/')
        ];
      return rooms !== undefined && !rooms.includes(item.room);
    });
    expect(wrong.map((item) => `${item.file} → ${item.target}`)).toEqual([]);
  });

  test('heavy libraries are never imported at the top of a file', () => {
    const heavy = [
      'execa',
      'pino',
      'onnxruntime-node',
      'better-sqlite3',
      'sharp',
      '@huggingface/tokenizers',
      'csv-parse',
      'fastify',
      'listr2',
      'ink',
      '@huggingface/hub',
    ];
    const eager = files.flatMap(({ name, text }) =>
      heavy
        .filter((library) => new RegExp(`\\nimport (?!type)[^;']*from '${library}'`).test(`\n${text}`))
        .map((l) => `${name} → ${l}`),
    );
    expect(eager).toEqual([]);
  });

  test('streams, the environment and the exit of the process belong to cli, ui, config and bin', () => {
    const wrong = files.filter(
      ({ name, room, text }) =>
        (!['cli', 'ui'].includes(room) && /process\.std(in|out|err)|console\./.test(text)) ||
        (!['config', 'cli'].includes(room) &&
          !['runtime/telemetry.ts', 'runtime/isolated/environment.ts'].includes(name) &&
          /process\.env/.test(text)) ||
        /process\.exit\(/.test(text),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('files stay small', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 300);
    expect(long.map(({ name }) => name)).toEqual([]);
  });
});
