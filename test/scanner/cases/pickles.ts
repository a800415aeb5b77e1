import { gzipSync, zipSync } from 'fflate';
import { zipOf } from '../archives.ts';
import {
  blob,
  global,
  HARMLESS,
  MEMOIZE,
  pickle,
  proto,
  reduce,
  STACK_GLOBAL,
  STOP,
  SYSTEM_0,
  SYSTEM_4,
  TORCH_HEAD,
  text,
} from '../pickles.ts';
import type { Scratch } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const file =
  (name: string, content: Uint8Array | string) =>
  (scratch: Scratch): void =>
    scratch.file(name, content);

function npy(descr: string, data: Uint8Array): Uint8Array {
  const header = `${`{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }`.padEnd(117)}\n`;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(header), data]);
}

const unknownGlobal = (...parts: Uint8Array[]): Uint8Array => pickle(proto(4), ...parts, STOP);

export const PICKLE_CASES: readonly RuleCase[] = [
  {
    rule: 'pickle-code',
    title: 'os.system in protocol 0',
    breaks: file('a.pkl', SYSTEM_0),
    passes: file('a.pkl', HARMLESS),
  },
  {
    rule: 'pickle-code',
    title: 'posix.system by texts of the stack',
    breaks: file('a.bin', SYSTEM_4),
    passes: file('a.bin', HARMLESS),
  },
  {
    rule: 'pickle-code',
    title: 'a name that comes from the memo',
    breaks: file(
      'a.pt',
      pickle(
        proto(4),
        text('os'),
        MEMOIZE,
        text('system'),
        MEMOIZE,
        '00',
        Uint8Array.of(0x68, 0, 0x68, 1),
        STACK_GLOBAL,
        '.',
      ),
    ),
    passes: file('a.pt', pickle(proto(4), text('os'), MEMOIZE, text('system'), MEMOIZE, '0.')),
  },
  {
    rule: 'pickle-code',
    title: 'INST of protocol 0',
    breaks: file('a.ckpt', pickle("(S'id'\nios\nsystem\n.")),
    passes: file('a.ckpt', pickle("(S'id'\nicollections\nOrderedDict\n.")),
  },
  {
    rule: 'pickle-code',
    title: 'a pickle inside of the bytes of a pickle',
    breaks: file('a.pkl', pickle(proto(4), blob(pickle(proto(4), blob(SYSTEM_4), STOP)), STOP)),
    passes: file('a.pkl', pickle(proto(4), blob(pickle(proto(4), blob(HARMLESS), STOP)), STOP)),
  },
  {
    rule: 'pickle-code',
    title: 'a second pickle behind the first one',
    breaks: file('a.pkl', pickle(HARMLESS, SYSTEM_4)),
    passes: file('a.pkl', pickle(HARMLESS, HARMLESS)),
  },
  {
    rule: 'pickle-code',
    title: 'the fourth pickle of an old torch file',
    breaks: file('a.pth', pickle(TORCH_HEAD, SYSTEM_0, HARMLESS, 'raw storage')),
    passes: file('a.pth', pickle(TORCH_HEAD, HARMLESS, HARMLESS, 'raw storage')),
  },
  {
    rule: 'pickle-code',
    title: 'data.pkl of a torch archive',
    breaks: file('a.pt', zipOf({ 'archive/data.pkl': SYSTEM_4, 'archive/data/0': 'weights' })),
    passes: file('a.pt', zipOf({ 'archive/data.pkl': HARMLESS, 'archive/data/0': 'weights' })),
  },
  {
    rule: 'pickle-code',
    title: 'a deflated entry under a harmless name',
    breaks: file('a.zip', zipSync({ 'readme.txt': SYSTEM_4 })),
    passes: file('a.zip', zipSync({ 'readme.txt': new Uint8Array(100) })),
  },
  {
    rule: 'pickle-code',
    title: 'a pickle under the name of a picture',
    breaks: file('cat.png', SYSTEM_4),
    passes: file('cat.png', Uint8Array.of(0x80, 4, 0x95, 7, 7)),
  },
  {
    rule: 'pickle-code',
    title: 'a text pickle under the name of a text',
    breaks: file('notes.txt', SYSTEM_0),
    passes: file('notes.txt', 'cos\nsystem\nis what this file is about.'),
  },
  {
    rule: 'pickle-code',
    title: 'an array of objects',
    breaks: file('a.npy', npy("'|O'", SYSTEM_4)),
    passes: file('a.npy', npy("'<f4'", SYSTEM_4)),
  },
  {
    rule: 'pickle-code',
    title: 'an array of records with an object, in an archive',
    breaks: file('a.npz', zipOf({ 'a.npy': npy("[('x', '<f4'), ('y', '|O')]", SYSTEM_4) })),
    passes: file('a.npz', zipOf({ 'a.npy': npy("[('x', '<f4'), ('O', '<i4')]", SYSTEM_4) })),
  },
  {
    rule: 'pickle-unknown',
    title: 'a class that is on no list',
    breaks: file('a.pkl', unknownGlobal(text('sklearn.svm'), text('SVC'), STACK_GLOBAL)),
    passes: file('a.pkl', unknownGlobal(text('collections'), text('Counter'), STACK_GLOBAL)),
  },
  {
    rule: 'pickle-unknown',
    title: 'an attribute of a harmless class',
    breaks: file('a.pkl', unknownGlobal(text('collections'), text('OrderedDict.__init__.__globals__'), STACK_GLOBAL)),
    passes: file('a.pkl', unknownGlobal(text('collections'), text('OrderedDict'), STACK_GLOBAL)),
  },
  {
    rule: 'pickle-unknown',
    title: 'a name that is made when it runs',
    breaks: file(
      'a.pkl',
      pickle(proto(4), global('builtins', 'str'), reduce(text('os')), text('x'), STACK_GLOBAL, STOP),
    ),
    passes: file('a.pkl', pickle(proto(4), global('builtins', 'str'), reduce(text('os')), STOP)),
  },
  {
    rule: 'pickle-unknown',
    title: 'a number of the extension registry',
    breaks: file('a.pkl', pickle(proto(2), Uint8Array.of(0x82, 1), STOP)),
    passes: file('a.pkl', pickle(proto(2), 'K', Uint8Array.of(0x82), STOP)),
  },
  {
    rule: 'pickle-code',
    title: 'a packed pickle',
    breaks: file('a.joblib', gzipSync(SYSTEM_4)),
    passes: file('a.joblib', gzipSync(HARMLESS)),
  },
  {
    rule: 'pickle-unknown',
    title: 'an end in the middle',
    breaks: file('a.pkl', HARMLESS.subarray(0, -1)),
    passes: file('a.pkl', HARMLESS),
  },
  {
    rule: 'pickle-unknown',
    title: 'an unknown operation',
    breaks: file('a.pkl', pickle(proto(2), '}\xff.')),
    passes: file('a.pkl', pickle(proto(2), '}.')),
  },
  {
    rule: 'pickle-unknown',
    title: 'more values taken than there are',
    breaks: file('a.pkl', pickle(proto(2), '}R.')),
    passes: file('a.pkl', pickle(proto(2), '}N0.')),
  },
  {
    rule: 'pickle-unknown',
    title: 'an encrypted entry of a torch archive',
    breaks: (scratch) => {
      const archive = zipOf({ 'archive/data.pkl': HARMLESS });
      for (const [signature, at] of [
        ['PK\x03\x04', 6],
        ['PK\x01\x02', 8],
      ] as const) {
        const start = archive.indexOf(Buffer.from(signature, 'latin1'));
        archive[start + at] = (archive[start + at] as number) | 1;
      }
      scratch.file('a.pt', archive);
    },
    passes: file('a.pt', zipOf({ 'archive/data.pkl': HARMLESS })),
  },
  { rule: 'pickle-file', title: 'a harmless pickle', breaks: file('a.pkl', HARMLESS), passes: file('a.txt', 'text') },
  {
    rule: 'archive',
    title: 'a packed file',
    breaks: file('a.gz', gzipSync(new Uint8Array(10))),
    passes: file('a.pt', zipOf({ 'archive/data.pkl': HARMLESS })),
  },
];
