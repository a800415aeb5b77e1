import { describe, expect, test } from 'vitest';
import { METRICS, seriesLabels } from '../../src/artifacts/prometheus/metrics.ts';
import { readPromql, withoutVariables } from '../../src/artifacts/prometheus/promql.ts';

const metricsIn = (expression: string) =>
  readPromql(withoutVariables(expression)).selectors.map(({ metric }) => metric);

describe('the reader of PromQL', () => {
  test.each([
    ['a parenthesis that is not closed', 'sum(rate(a[5m])', '")" is missing'],
    ['a bracket of the wrong kind', 'rate(a[5m))', 'unexpected ")"'],
    ['a string without an end', 'a{b="c}', 'a string has no end'],
  ])('refuses %s', (_, expression, message) => {
    expect(() => readPromql(expression)).toThrow(message);
  });

  test.each([
    ['sum by (model, version) (rate(nv_a{x="y(z"}[5m])) / on (model) group_left (pod) nv_b', ['nv_a', 'nv_b']],
    ['histogram_quantile(0.99, sum(rate(nv_h_bucket[$__rate_interval])) by (le))', ['nv_h_bucket']],
    ['model:ratio:rate5m{model="m"} > 1e-3 and absent(up == 1)', ['model:ratio:rate5m', 'up']],
    ['nv_a offset 5m unless nv_b', ['nv_a', 'nv_b']],
    ['-nv_a + 2 * (nv_b) # and nv_c', ['nv_a', 'nv_b']],
    ['rate(nv_a{model=~"$model"}[$__interval])', ['nv_a']],
  ])('finds the series of %s', (expression, metrics) => {
    expect(metricsIn(expression)).toEqual(metrics);
  });

  test('finds the labels of a selector with their values', () => {
    expect(readPromql('nv_a{model="m", le=~"1|2",reason!="x"}').selectors[0]?.matchers).toEqual([
      { label: 'model', value: 'm' },
      { label: 'le', value: '1|2' },
      { label: 'reason', value: 'x' },
    ]);
  });
});

describe('the catalogue of metrics', () => {
  test('knows the series of a histogram and not its bare name', () => {
    expect(seriesLabels('nv_inference_first_response_histogram_ms_bucket')).toContain('le');
    expect(seriesLabels('nv_inference_first_response_histogram_ms')).toBeUndefined();
  });

  test('has no counter with the suffix that Triton does not write', () => {
    expect(Object.keys(METRICS).filter((name) => name.endsWith('_total'))).toEqual([]);
    expect(seriesLabels('nv_inference_request_success_total')).toBeUndefined();
  });
});
