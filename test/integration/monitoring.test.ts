/**
 * The generated monitoring at work: Prometheus scrapes the embedded server under load, every rule and every panel has
 * data, and a fault fires the alert. Windows are scaled down, from days to seconds; nothing else of the files changes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  asGrafana,
  letFail,
  monitoredFiles,
  query,
  startMonitored,
  stopMonitored,
  until,
} from './monitored-service.ts';
import { has } from './programs.ts';

const hasPrometheus = has('prometheus', ['--version']);

const recordings = (): string[] =>
  parse(monitoredFiles().get('monitoring/prometheus/rules.yml')!)
    .groups.flatMap((group: { rules: { record?: string }[] }) => group.rules)
    .flatMap(({ record }: { record?: string }) => (record === undefined ? [] : [record]));

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const panels = (): [string, string][] =>
  [...monitoredFiles()]
    .filter(([path]) => path.includes('/dashboards/') && path.endsWith('.json'))
    .flatMap(([, text]) => (JSON.parse(text) as { panels: Panel[] }).panels)
    .flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr]));

describe.skipIf(!hasPrometheus)('Prometheus with the generated files (needs the program prometheus)', () => {
  beforeAll(startMonitored, 60_000);
  afterAll(stopMonitored, 30_000);

  test('records every rule', { timeout: 40_000 }, async () => {
    const names = recordings();
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      await until(`${name} has data`, async () => (await query(name)).length > 0, 20_000);
      expect(await query(`${name} == ${name}`), `${name} is a number`).not.toEqual([]);
    }
  });

  test('has data for every panel', { timeout: 40_000 }, async () => {
    expect(panels().length).toBeGreaterThan(20);
    for (const [title, expression] of panels()) {
      await until(
        `the panel ${title}: ${expression}`,
        async () => (await query(asGrafana(expression))).length > 0,
        15_000,
      );
    }
  });

  test('stays silent under good load, and fires the burn rate alert when requests fail', {
    timeout: 60_000,
  }, async () => {
    const alerts = (state: string) => query(`ALERTS{alertstate="${state}"}`);
    expect(await alerts('firing')).toEqual([]);
    letFail(0.3);
    await until('the alert fires', async () => (await alerts('firing')).some(isBurn), 30_000);
    const [burn] = (await alerts('firing')).filter(isBurn);
    expect(burn?.metric).toMatchObject({ model: 'reshape', severity: expect.stringMatching(/critical|warning/) });
    letFail(0);
    await until('the alert ends', async () => !(await alerts('firing')).some(isBurn), 30_000);
  });
});

function isBurn({ metric }: { metric: Record<string, string> }): boolean {
  return metric.alertname === 'NimifyErrorBudgetBurn';
}
