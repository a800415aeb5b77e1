/** Hostile names, many tensors, every option: each set stays valid by its own checks, and byte-stable. */
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { checkAll, generateAll } from './fixtures.ts';
import { VARIANTS } from './variants.ts';

describe.each(Object.entries(VARIANTS))('the set of %s', (_, facts) => {
  test('passes its own checks', async () => {
    const findings = await checkAll(await generateAll(facts), facts);
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('is JSON where it says so, and YAML in the reading of 1.1 as well', async () => {
    for (const [path, text] of await generateAll(facts)) {
      if (path.endsWith('.json')) JSON.parse(text);
      if (!/\.ya?ml$/.test(path) || path.includes('/templates/')) continue;
      for (const version of ['1.1', '1.2'] as const) {
        expect(parseDocument(text, { version }).errors, path).toEqual([]);
      }
      expect(parseDocument(text, { version: '1.1' }).toJS(), path).toEqual(parseDocument(text).toJS());
    }
  });
});
