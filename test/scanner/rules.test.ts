import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MODEL_CHECKS } from '../../src/scanner/model/registry.ts';
import { RULES, type RuleId } from '../../src/scanner/rules/registry.ts';
import { ARCHIVE_CASES } from './cases/archives.ts';
import { EXTERNAL_DATA_CASES } from './cases/external-data.ts';
import { FOLDER_CASES } from './cases/folder.ts';
import { GRAPH_CASES } from './cases/graphs.ts';
import { PICKLE_CASES } from './cases/pickles.ts';
import { TENSOR_CASES } from './cases/tensors.ts';
import { TEXT_CASES } from './cases/texts.ts';
import { Scratch } from './scratch.ts';

const CASES = [
  ...EXTERNAL_DATA_CASES,
  ...TENSOR_CASES,
  ...GRAPH_CASES,
  ...TEXT_CASES,
  ...PICKLE_CASES,
  ...ARCHIVE_CASES,
  ...FOLDER_CASES,
];

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

describe.each(CASES)('$rule', ({ rule, title, limits = {}, breaks, passes }) => {
  test(`reports ${title}`, async () => {
    breaks(scratch);
    const own = (await scratch.results({ limits })).filter((result) => result.rule === rule);
    expect(own.length).toBeGreaterThan(0);
    for (const { message } of own) expect(message).not.toMatch(/\{\w+\}|undefined/);
  });

  test(`is silent about the neighbour of ${title}`, async () => {
    passes(scratch);
    expect((await scratch.results({ limits })).map((result) => result.rule)).not.toContain(rule);
  });
});

describe('the table of rules', () => {
  test('every rule has a case', () => {
    const tried = new Set(CASES.map(({ rule }) => rule));
    expect((Object.keys(RULES) as RuleId[]).filter((id) => !tried.has(id))).toEqual([]);
  });

  test('ids, weaknesses and cases have the form that services expect', () => {
    for (const [id, { title, help, cwe, cve, source }] of Object.entries(RULES)) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(title).not.toMatch(/\.$/);
      expect(help).toMatch(/\.$/);
      expect(source.length).toBeGreaterThan(5);
      for (const name of cwe) expect(name).toMatch(/^CWE-\d+$/);
      for (const name of cve) expect(name).toMatch(/^CVE-20\d\d-\d{4,}$/);
    }
  });

  test('a check reports no rule that it does not name', async () => {
    const named = new Set<string>(MODEL_CHECKS.flatMap((check) => check.rules));
    const own = new Set<string>();
    for (const { breaks } of [...EXTERNAL_DATA_CASES, ...TENSOR_CASES]) {
      const one = new Scratch();
      breaks(one);
      for (const { rule, file } of await one.results()) if (file.endsWith('.onnx')) own.add(rule);
      one.remove();
    }
    expect([...own].filter((rule) => !named.has(rule))).toEqual([]);
  });
});
