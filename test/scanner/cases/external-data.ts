import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelWith, type Scratch, tensor, withExternal } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const BYTES = new Uint8Array(16);
const SHA1 = createHash('sha1').update(BYTES).digest('hex');

const beside = (scratch: Scratch): void => scratch.file('w.bin', BYTES);

/** A model whose data is where it belongs. */
function innocent(scratch: Scratch): void {
  beside(scratch);
  scratch.model(withExternal({ location: 'w.bin' }));
}

function with_(entries: Readonly<Record<string, string>>): (scratch: Scratch) => void {
  return (scratch) => {
    beside(scratch);
    writeFileSync(join(scratch.root, 'secret'), BYTES);
    scratch.model(withExternal(entries));
  };
}

export const EXTERNAL_DATA_CASES: readonly RuleCase[] = [
  {
    rule: 'external-data-traversal',
    title: 'a way out and in again',
    breaks: with_({ location: 'a/../../secret' }),
    passes: (scratch) => {
      scratch.file('a/w..bin', BYTES);
      scratch.model(withExternal({ location: 'a/w..bin' }));
    },
  },
  {
    rule: 'external-data-absolute',
    title: 'a path from the root',
    breaks: with_({ location: '/etc/hostname' }),
    passes: innocent,
  },
  {
    rule: 'external-data-nul',
    title: 'a NUL, behind which C stops reading',
    breaks: with_({ location: 'w.bin\0.txt' }),
    passes: innocent,
  },
  {
    rule: 'external-data-memory-address',
    title: 'the mark of an in-memory tensor',
    breaks: with_({ location: '*/_ORT_MEM_ADDR_/*', offset: '4096', length: '16' }),
    passes: innocent,
  },
  { rule: 'external-data-location', title: 'no location at all', breaks: with_({ offset: '0' }), passes: innocent },
  {
    rule: 'external-data-link',
    title: 'a linked folder that leads outside',
    breaks: (scratch) => {
      mkdirSync(join(scratch.root, 'store'));
      writeFileSync(join(scratch.root, 'store', 'w.bin'), BYTES);
      symlinkSync(join(scratch.root, 'store'), scratch.path('data'));
      scratch.model(withExternal({ location: 'data/w.bin' }));
    },
    passes: (scratch) => {
      scratch.file('real/w.bin', BYTES);
      symlinkSync('real', scratch.path('data'));
      scratch.model(withExternal({ location: 'data/w.bin' }));
    },
  },
  {
    rule: 'external-data-hard-link',
    title: 'a second name of a file somewhere else',
    breaks: (scratch) => {
      writeFileSync(join(scratch.root, 'key'), BYTES);
      linkSync(join(scratch.root, 'key'), scratch.path('w.bin'));
      scratch.model(withExternal({ location: 'w.bin' }));
    },
    passes: innocent,
  },
  {
    rule: 'external-data-special-file',
    title: 'a folder for a file',
    breaks: (scratch) => {
      mkdirSync(scratch.path('w.bin'));
      scratch.model(withExternal({ location: 'w.bin' }));
    },
    passes: innocent,
  },
  {
    rule: 'external-data-missing',
    title: 'a file that is not there',
    breaks: (scratch) => scratch.model(withExternal({ location: 'gone.bin' })),
    passes: innocent,
  },
  {
    rule: 'external-data-unreadable',
    title: 'a link that leads to itself',
    breaks: (scratch) => {
      symlinkSync('w.bin', scratch.path('w.bin'));
      scratch.model(withExternal({ location: 'w.bin' }));
    },
    passes: innocent,
  },
  {
    rule: 'external-data-range',
    title: 'bytes behind the end of the file',
    breaks: with_({ location: 'w.bin', offset: '1', length: '16' }),
    passes: with_({ location: 'w.bin', offset: '0', length: '16' }),
  },
  {
    rule: 'external-data-duplicate-key',
    title: 'two locations',
    breaks: (scratch) => {
      beside(scratch);
      const model = withExternal({ location: 'w.bin' });
      model.graph.initializer[0]?.externalData.push({ key: 'location', value: 'other.bin' });
      scratch.model(model);
    },
    passes: innocent,
  },
  {
    rule: 'external-data-unknown-key',
    title: 'the name of an attribute of Python',
    breaks: with_({ location: 'w.bin', __class__: 'x' }),
    passes: with_({ location: 'w.bin', basepath: '.', prepacked_0: 'MatMul|1|0' }),
  },
  {
    rule: 'external-data-checksum',
    title: 'the SHA-1 of another file',
    breaks: with_({ location: 'w.bin', checksum: SHA1.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }),
    passes: with_({ location: 'w.bin', checksum: SHA1.toUpperCase() }),
  },
  {
    rule: 'tensor-ambiguous-data',
    title: 'values in the model and in a file',
    breaks: (scratch) => {
      beside(scratch);
      const entry = { key: 'location', value: 'w.bin' };
      scratch.model(modelWith({ initializer: [tensor('w', { dataLocation: 1, externalData: [entry] })] }));
    },
    passes: innocent,
  },
];
