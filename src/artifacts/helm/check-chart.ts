/** Judges the chart without Helm: its values by their schema, its templates by the values and names that they use. */
import type { ServiceFiles } from '../artifact.ts';
import { checkDashboards } from '../grafana/check-dashboard.ts';
import { CHART_FOLDER } from '../layout.ts';
import { listAt, type Problems, textAt } from '../problems.ts';
import { checkRuleGroups } from '../prometheus/check-rules.ts';
import { servedTensors } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { YamlFile } from '../yaml-file.ts';
import { CHART_FILES, chartDashboardFile, TEMPLATES, templateFile } from './chart-files.ts';
import { checkAdapterRules } from './check-adapter.ts';
import { checkTemplates } from './check-templates.ts';
import { checkValues } from './check-values.ts';

export function checkChart(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  checkMetadata(facts, problems);
  const values = checkValues(facts, problems);
  problems.readJson(CHART_FILES.schema);
  checkMonitoring(files, facts, problems);
  checkAdapterRules(facts, problems);
  checkTestRequest(facts, problems);
  const templates = new Map<string, string>();
  for (const name of TEMPLATES) {
    const path = templateFile(name);
    const text = problems.read(path);
    if (text !== undefined) templates.set(path, text);
  }
  for (const [path, text] of files) if (path.startsWith(`${CHART_FOLDER}/templates/`)) templates.set(path, text);
  checkTemplates(templates, values, problems);
}

function checkMetadata(facts: ServiceFacts, problems: Problems): void {
  const chart = YamlFile.read(CHART_FILES.chart, problems);
  if (chart === undefined) return;
  chart.expect(['apiVersion'], 'v2');
  chart.expect(['name'], facts.name);
  if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(String(chart.at('version')))) {
    chart.invalid(['version'], 'has no version of the form 1.2.3');
  }
  const appVersion = chart.at('appVersion');
  if (appVersion !== undefined && typeof appVersion !== 'string') {
    chart.invalid(['appVersion'], 'has an appVersion without quotes');
  }
}

/** The request of the inference test names the inputs that the model has. */
function checkTestRequest(facts: ServiceFacts, problems: Problems): void {
  const request = problems.readJson(CHART_FILES.testRequest);
  if (request === undefined) return;
  const found = listAt(request, 'inputs').map((input) => textAt(input, 'name'));
  const expected = servedTensors(facts, 'inputs').map(({ name }) => name);
  problems.expect(CHART_FILES.testRequest, 'inputs', found, expected);
}

function checkMonitoring(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  const rules = problems.readYaml(CHART_FILES.rules);
  if (rules !== undefined) checkRuleGroups(rules, CHART_FILES.rules, files, facts, problems);
  checkDashboards(chartDashboardFile, files, facts, problems);
}
