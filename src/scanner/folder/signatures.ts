/** What a file is, by its first bytes and then by its name: tables, and the two functions that read them. */

import { hasChecksum } from '../archive/tar.ts';

/** How a file is checked. */
export type FileKind =
  | 'onnx'
  | 'pickle'
  | 'zip'
  | 'tar'
  | 'archive'
  | 'native'
  | 'python'
  | 'script'
  | 'safetensors'
  | 'npy'
  | 'json'
  | 'yaml'
  | 'template'
  /** On the list of what belongs to a model, and nothing to look for in it. */
  | 'allowed'
  | 'unknown';

interface Signature {
  readonly kind: FileKind;
  /** For people, with an article where a sentence needs one. */
  readonly type: string;
  readonly offset?: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** Sources: the format descriptions; Mach-O: mach-o/loader.h and fat.h of Apple. */
const SIGNATURES: readonly Signature[] = [
  { kind: 'zip', type: 'zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { kind: 'zip', type: 'zip', bytes: [0x50, 0x4b, 0x05, 0x06] },
  { kind: 'tar', type: 'tar', offset: 257, bytes: ascii('ustar') },
  { kind: 'archive', type: '7z', bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { kind: 'archive', type: 'rar', bytes: ascii('Rar!\x1a\x07') },
  { kind: 'archive', type: 'gzip', bytes: [0x1f, 0x8b] },
  { kind: 'archive', type: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { kind: 'archive', type: 'bzip2', bytes: ascii('BZh') },
  { kind: 'archive', type: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'archive', type: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18] },
  { kind: 'native', type: 'an ELF program or library', bytes: ascii('\x7fELF') },
  { kind: 'native', type: 'a Windows program or library', bytes: ascii('MZ') },
  { kind: 'native', type: 'a macOS program or library', bytes: [0xcf, 0xfa, 0xed, 0xfe] },
  { kind: 'native', type: 'a macOS program or library', bytes: [0xce, 0xfa, 0xed, 0xfe] },
  { kind: 'native', type: 'a universal macOS program or a Java class', bytes: [0xca, 0xfe, 0xba, 0xbe] },
  { kind: 'native', type: 'a WebAssembly module', bytes: ascii('\0asm') },
  { kind: 'npy', type: 'npy', bytes: ascii('\x93NUMPY') },
  { kind: 'script', type: 'script', bytes: ascii('#!') },
];

/** Endings → kind, for files whose first bytes say nothing. */
const ENDINGS: readonly (readonly [FileKind, readonly string[]])[] = [
  ['onnx', ['onnx']],
  ['pickle', ['pt', 'pth', 'ckpt', 'pkl', 'pickle', 'joblib', 'dill', 'mar']],
  ['native', ['so', 'dll', 'dylib', 'pyd', 'exe', 'node', 'wasm']],
  ['python', ['py', 'pyc', 'pyo', 'pyx', 'pyw', 'ipynb']],
  [
    'script',
    [
      'sh',
      'bash',
      'zsh',
      'bat',
      'cmd',
      'ps1',
      'vbs',
      'js',
      'mjs',
      'cjs',
      'ts',
      'rb',
      'pl',
      'php',
      'lua',
      'jar',
      'html',
      'htm',
      'svg',
      'asm',
      'scpt',
    ],
  ],
  ['safetensors', ['safetensors']],
  ['npy', ['npy']],
  ['zip', ['zip', 'npz', 'keras', 'whl', 'egg']],
  ['tar', ['tar']],
  ['archive', ['7z', 'rar', 'gz', 'tgz', 'xz', 'bz2', 'zst', 'lz4']],
  ['json', ['json']],
  ['yaml', ['yaml', 'yml']],
  ['template', ['jinja', 'jinja2', 'j2']],
  [
    'allowed',
    [
      // onnx and its data, tokenizers, text, pictures, sound
      ...['onnx_data', 'onnx.data', 'data', 'weights', 'weight', 'model', 'spm', 'vocab', 'bpe', 'tiktoken'],
      ...['txt', 'md', 'rst', 'csv', 'tsv', 'jsonl', 'pbtxt', 'pb', 'ini', 'toml', 'cfg', 'gitattributes', 'gitignore'],
      ...['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'wav', 'flac', 'mp3', 'ogg', 'pdf', 'sig', 'pem', 'pub'],
      ...['license', 'notice', 'readme', 'changelog', 'sha256'],
    ],
  ],
];

const KIND_BY_ENDING = new Map(ENDINGS.flatMap(([kind, endings]) => endings.map((ending) => [ending, kind] as const)));

export interface FileType {
  readonly kind: FileKind;
  /** By the first bytes where they say it, else the ending of the name. */
  readonly type: string;
  /** True where the first bytes decided. */
  readonly isSigned: boolean;
}

/** Bytes from the beginning of a file that `fileType` needs. */
export const HEAD_BYTES = 512;

export function fileType(name: string, head: Uint8Array): FileType {
  const ending = endingOf(name);
  const signature = SIGNATURES.find(({ offset = 0, bytes }) => bytes.every((byte, i) => head[offset + i] === byte));
  if (signature !== undefined && isPlausible(signature, head)) {
    return { kind: signature.kind, type: signature.type, isSigned: true };
  }
  const kind = kindByName(name) ?? 'unknown';
  return { kind, type: name.includes('.') ? `.${ending}` : 'without an ending', isSigned: false };
}

/** What the name promises, whatever the bytes are. */
export function kindByName(name: string): FileKind | undefined {
  const lower = name.toLowerCase();
  const double = /\.([a-z0-9_]+\.[a-z0-9_]+)$/.exec(lower)?.[1];
  return KIND_BY_ENDING.get(double ?? '') ?? KIND_BY_ENDING.get(endingOf(lower));
}

/** Kinds that a loader of the model beside them goes by. */
const RELEVANT: ReadonlySet<FileKind> = new Set(['json', 'template']);

/** True for configurations and templates, which loaders read along with the model. */
export function isRelevantToModel(name: string): boolean {
  return RELEVANT.has(kindByName(name) ?? 'unknown');
}

/** Without the dot; for names without one, the name itself. */
export function endingOf(name: string): string {
  return name.toLowerCase().replace(/^.*\//, '').replace(/^.*\./, '');
}

/** Two letters are no proof: a text may begin with MZ or #!. */
function isPlausible({ bytes, kind }: Signature, head: Uint8Array): boolean {
  if (kind === 'script') return /^#! ?\//.test(Buffer.from(head.subarray(0, 32)).toString('latin1'));
  if (kind === 'tar') return hasChecksum(head.subarray(0, HEAD_BYTES));
  if (bytes.length > 2 || kind !== 'native') return true;
  // e_lfanew, where the PE header is, in its usual place.
  return head.length >= 64 && head.subarray(0, 64).includes(0);
}
