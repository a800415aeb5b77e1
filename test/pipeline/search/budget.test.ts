import { describe, expect, test } from 'vitest';
import { isWithin, limitOf, measuredFor, parseRatio } from '../../../src/pipeline/search/budget.ts';
import { evaluation } from '../../ui/samples.ts';

const output = {
  ...evaluation().outputs[0],
  name: 'y',
  isClassification: true,
  top1Agreement: 0.96,
  notFinite: 0,
} as ReturnType<typeof evaluation>['outputs'][number];
const measured = (budget: Parameters<typeof measuredFor>[0], changes: Parameters<typeof evaluation>[0] = {}) =>
  measuredFor(budget, evaluation({ outputs: [output], accuracy: null, ...changes }));

describe('what a drop is measured by', () => {
  test('accuracy where the data has labels', () => {
    const accuracy = { original: 0.9, candidate: 0.88 };
    expect(measured({ metric: null, maxDrop: 0.01 }, { accuracy })).toEqual({
      metric: 'accuracy',
      value: 0.88,
      original: 0.9,
    });
  });

  test('else agreement of classes, of the worst output', () => {
    const outputs = [output, { ...output, name: 'z', top1Agreement: 0.91 }];
    expect(measured({ metric: null, maxDrop: 0.01 }, { outputs })).toEqual({
      metric: 'agreement',
      value: 0.91,
      original: 1,
    });
  });

  test('else agreement of decisions', () => {
    const outputs = [{ ...output, isClassification: false, decisionAgreement: 0.99 }];
    expect(measured({ metric: null, maxDrop: 0.01 }, { outputs })).toMatchObject({ metric: 'decisions', value: 0.99 });
  });

  test('labels are not looked at where agreement was asked for', () => {
    const accuracy = { original: 0.9, candidate: 0.95 };
    expect(measured({ metric: null, isAgreement: true, least: 0.99 }, { accuracy })).toMatchObject({
      metric: 'agreement',
    });
  });

  test('nothing where there is no such output; what can be measured is told', () => {
    const outputs = [{ ...output, isClassification: false }];
    expect(() => measured({ metric: null, maxDrop: 0.01 }, { outputs })).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: 'Take one that can: --metric cosine, --min-sqnr DB.' }),
    );
  });
});

describe('whether a budget is held', () => {
  const holds = (budget: Parameters<typeof measuredFor>[0], changes: Parameters<typeof evaluation>[0] = {}) => {
    const found = evaluation({ outputs: [output], accuracy: null, ...changes });
    return isWithin(budget, measuredFor(budget, found), found);
  };

  test('a drop counts from the figure of the original', () => {
    const accuracy = { original: 0.9, candidate: 0.895 };
    expect(holds({ metric: null, maxDrop: 0.005 }, { accuracy })).toBe(true);
    expect(holds({ metric: null, maxDrop: 0.004 }, { accuracy })).toBe(false);
    expect(limitOf({ metric: null, maxDrop: 0.005 }, { metric: 'accuracy', value: 1, original: 0.9 })).toBeCloseTo(
      0.895,
    );
  });

  test('with few samples half a percent is none of them', () => {
    expect(holds({ metric: 'agreement', maxDrop: 0.005 }, { outputs: [{ ...output, top1Agreement: 38 / 39 }] })).toBe(
      false,
    );
    expect(holds({ metric: 'agreement', maxDrop: 0.005 }, { outputs: [{ ...output, top1Agreement: 1 }] })).toBe(true);
  });

  test('SQNR is that of all outputs together; equal outputs hold any', () => {
    expect(holds({ metric: 'sqnr', least: 30 }, { overallSqnrDb: 30 })).toBe(true);
    expect(holds({ metric: 'sqnr', least: 30 }, { overallSqnrDb: 29.9 })).toBe(false);
    expect(
      holds({ metric: 'sqnr', least: 300 }, { overallSqnrDb: null, outputs: [{ ...output, isEqual: true }] }),
    ).toBe(true);
  });

  test('NaN where the original has a number never does', () => {
    expect(holds({ metric: 'cosine', least: 0 }, { outputs: [{ ...output, notFinite: 1 }] })).toBe(false);
  });
});

test.each([
  ['0.5%', 0.005],
  ['0.005', 0.005],
  ['1 %', 0.01],
  ['0', 0],
])('%s is %f', (text, value) => {
  expect(parseRatio('--max-drop', text)).toBeCloseTo(value, 12);
});

test.each(['5', '-1%', 'half', '', '1e-2', '101%'])('%j is refused', (text) => {
  expect(() => parseRatio('--max-drop', text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
