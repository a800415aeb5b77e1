import { makeNode } from '../../../src/onnx/build.ts';
import { modelWith, type Scratch, withNodes } from '../scratch.ts';
import type { RuleCase } from './case.ts';

const metadata = (key: string, value: string) => {
  return (scratch: Scratch): void => scratch.model(modelWith({}, { metadataProps: [{ key, value }] }));
};
const named = (name: string) => {
  return (scratch: Scratch): void => scratch.model(withNodes(makeNode('Neg', ['x'], ['y'], { name })));
};

export const TEXT_CASES: readonly RuleCase[] = [
  {
    rule: 'string-oversized',
    title: 'a name of 20 000 letters',
    breaks: named('n'.repeat(20_000)),
    passes: named('n'.repeat(2000)),
  },
  {
    rule: 'metadata-suspicious',
    title: 'Python in the metadata',
    breaks: metadata('names', "__import__('os').system('id')"),
    passes: metadata('names', "{0: 'person', 1: 'bicycle'} from model.eval() in subprocesses"),
  },
  {
    rule: 'metadata-suspicious',
    title: 'Python where no exporter writes it',
    breaks: metadata('stack', 'exec(x)'),
    passes: metadata('pkg.torch.onnx.stack_trace', 'File "a.py", line 3, in forward\n    exec(x)'),
  },
  {
    rule: 'metadata-suspicious',
    title: 'a script for a page',
    breaks: metadata('description', '<img src=x onerror=alert(1)>'),
    passes: metadata('description', 'a script for <image> pages'),
  },
  {
    rule: 'metadata-suspicious',
    title: 'a pickle in base64',
    breaks: metadata('blob', 'gASVJAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=='),
    passes: metadata('blob', 'ZGF0YSBvZiBhIG1vZGVsIGdBU1ZKQUFBQUFBQUFBQ00='),
  },
  {
    rule: 'metadata-suspicious',
    title: 'session options for ONNX Runtime',
    breaks: metadata('ort_config', '{"session_options": {"inter_op_num_threads": 5}}'),
    passes: metadata('ort_version', '1.30.0'),
  },
  {
    rule: 'hidden-unicode-name',
    title: 'a name with a direction override',
    breaks: named('sofia\u202exnno'),
    passes: named('größe/层.0/Δ_weight'),
  },
  {
    rule: 'hidden-unicode-name',
    title: 'a file name with a zero-width space',
    breaks: (scratch) => scratch.file('model\u200b.txt', 'x'),
    passes: (scratch) => scratch.file('modèle.txt', 'x'),
  },
];
