import { gzipSync } from 'fflate';
import { patched, tarOf, withMode, withSizes, zipOf } from '../archives.ts';
import { HARMLESS } from '../pickles.ts';
import type { Scratch } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const file =
  (name: string, content: Uint8Array) =>
  (scratch: Scratch): void =>
    scratch.file(name, content);
const SEVEN_ZIP = Buffer.from('377abcaf271c000400000000', 'hex');
const twoFiles = zipOf({ 'readme-one.txt': 'one', 'readme-two.txt': 'two' });

export const ARCHIVE_CASES: readonly RuleCase[] = [
  {
    rule: 'archive',
    title: 'a zip',
    breaks: file('a.zip', zipOf({ 'a.txt': 'x' })),
    passes: file('a.txt', Buffer.from('PK')),
  },
  {
    rule: 'archive-disguised',
    title: '7z under the name of a checkpoint',
    breaks: file('pytorch_model.bin', SEVEN_ZIP),
    passes: file('model.7z', SEVEN_ZIP),
  },
  {
    rule: 'archive-disguised',
    title: 'a zip under the name of a model',
    breaks: file('weights.safetensors', zipOf({ 'a.txt': 'x' })),
    passes: file('weights.npz', zipOf({ 'a.txt': 'x' })),
  },
  {
    rule: 'archive-traversal',
    title: 'a zip entry that climbs out',
    breaks: file('a.zip', patched(twoFiles, 'readme-one.txt', '../../evil.txt')),
    passes: file('a.zip', patched(twoFiles, 'readme-one.txt', 'a/..b/evil.txt')),
  },
  {
    rule: 'archive-traversal',
    title: 'a tar entry with an absolute name in a pax header',
    breaks: file('a.tar', tarOf({ name: 'x', type: 'x', content: '20 path=/etc/passwd\n' }, { name: 'a.txt' })),
    passes: file('a.tar', tarOf({ name: 'x', type: 'x', content: '20 path=etc/passwd.\n' }, { name: 'a.txt' })),
  },
  {
    rule: 'archive-traversal',
    title: 'an entry of a packed tar that climbs out',
    breaks: file('a.tgz', gzipSync(tarOf({ name: '../evil' }))),
    passes: file('a.tgz', gzipSync(tarOf({ name: 'evil' }))),
  },
  {
    rule: 'scan-limit',
    title: 'more bytes than are unpacked',
    limits: { maxInflatedBytes: 1 << 20 },
    breaks: file('a.gz', gzipSync(new Uint8Array(2 << 20))),
    passes: file('a.gz', gzipSync(new Uint8Array(1 << 19))),
  },
  {
    rule: 'python-code',
    title: 'a module in a wheel',
    breaks: file('a.whl', zipOf({ 'a/__init__.py': 'x' })),
    passes: file('a.whl', zipOf({ 'a/__init__.txt': 'x' })),
  },
  {
    rule: 'archive-link',
    title: 'a symbolic link in a zip',
    breaks: file('a.zip', withMode(twoFiles, 0o120777)),
    passes: file('a.zip', withMode(twoFiles, 0o100644)),
  },
  {
    rule: 'archive-link',
    title: 'a hard link in a tar',
    breaks: file('a.tar', tarOf({ name: 'a', type: '1', target: '/etc/shadow' })),
    passes: file('a.tar', tarOf({ name: 'a', content: 'x' }, { name: 'b/', type: '5' })),
  },
  {
    rule: 'archive-collision',
    title: 'names that differ in their case',
    breaks: file('a.zip', patched(twoFiles, 'readme-two.txt', 'README-ONE.txt')),
    passes: file('a.zip', twoFiles),
  },
  {
    rule: 'archive-bomb',
    title: 'an entry of 4 GB in a kilobyte',
    breaks: file('a.zip', withSizes(zipOf({ 'a.txt': 'x' }), 1, 0xfffffff0)),
    passes: file('a.zip', withSizes(zipOf({ 'a.txt': 'x' }), 1, 1000)),
  },
  {
    rule: 'archive-inconsistent',
    title: 'an entry with two names',
    breaks: file(
      'a.pt',
      patched(zipOf({ 'archive/data.pkl': HARMLESS }), 'archive/data.pkl', 'archive/data.txt', 'directory'),
    ),
    passes: file('a.pt', zipOf({ 'archive/data.pkl': HARMLESS })),
  },
  {
    rule: 'archive-inconsistent',
    title: 'entries that share their bytes',
    breaks: file('a.zip', withSizes(twoFiles, 4000, 4000)),
    passes: file('a.zip', twoFiles),
  },
  {
    rule: 'archive-inconsistent',
    title: 'a zip that was cut',
    breaks: file('a.zip', twoFiles.subarray(0, -30)),
    passes: file('a.zip', twoFiles),
  },
  {
    rule: 'native-library',
    title: 'a library in an archive',
    breaks: file('a.zip', zipOf({ 'a.txt': '\x7fELF and so on' })),
    passes: file('a.zip', zipOf({ 'a.txt': 'an ELF and so on' })),
  },
];
