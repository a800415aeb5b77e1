/** YAML that makes Python objects when it is loaded without care. Source: yaml/constructor.py of PyYAML. */
import { latin1 } from '../../source.ts';
import type { FileCheck } from '../check.ts';

const TAG = /!!python\/(?:object|name|module)[\w/.:]*|tag:yaml\.org,2002:python\/(?:object|name|module)[\w/.:]*/;

export const yaml: FileCheck = {
  rules: ['yaml-code', 'scan-limit'],
  run({ source, limits, report }) {
    if (source.sizeBytes > limits.maxTextBytes) {
      report('scan-limit', { what: `Only the first ${limits.maxTextBytes} bytes of YAML files are read.` });
    }
    const tag = TAG.exec(latin1(source.read(0, Math.min(source.sizeBytes, limits.maxTextBytes))))?.[0];
    if (tag !== undefined) report('yaml-code', { tag });
  },
};
