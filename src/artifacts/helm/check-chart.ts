/** Judges the chart without Helm: its values by their schema, its templates by the values and names that they use. */
import type { ServiceFiles } from '../artifact.ts';
import { EXIT_TIMEOUT_SECONDS } from '../capacity.ts';
import { checkDashboard } from '../grafana/check-dashboard.ts';
import { CHART_FOLDER } from '../layout.ts';
import { at, type Problems, textAt } from '../problems.ts';
import { checkRuleGroups } from '../prometheus/check-rules.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { CHART_FILES, TEMPLATES } from './chart-files.ts';
import { checkTemplates } from './check-templates.ts';
import { valuesSchema } from './values.ts';

export function checkChart(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  const chart = problems.readYaml(CHART_FILES.chart);
  if (chart !== undefined) checkMetadata(chart, facts, problems);
  const values = problems.readYaml(CHART_FILES.values);
  if (values !== undefined) checkValues(values, facts, problems);
  problems.readJson(CHART_FILES.schema);
  checkMonitoring(files, facts, problems);
  const templates = new Map<string, string>();
  for (const name of TEMPLATES) {
    const path = `${CHART_FOLDER}/templates/${name}`;
    const text = problems.read(path);
    if (text !== undefined) templates.set(path, text);
  }
  for (const [path, text] of files) if (path.startsWith(`${CHART_FOLDER}/templates/`)) templates.set(path, text);
  checkTemplates(templates, values, problems);
}

function checkMetadata(chart: unknown, facts: ServiceFacts, problems: Problems): void {
  const file = CHART_FILES.chart;
  problems.expect(file, 'apiVersion', at(chart, 'apiVersion'), 'v2');
  problems.expect(file, 'name', at(chart, 'name'), facts.name);
  if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(textAt(chart, 'version'))) {
    problems.invalid(file, 'has no version of the form 1.2.3');
  }
  const appVersion = at(chart, 'appVersion');
  if (appVersion !== undefined && typeof appVersion !== 'string')
    problems.invalid(file, 'has an appVersion without quotes');
}

function checkValues(values: unknown, facts: ServiceFacts, problems: Problems): void {
  const file = CHART_FILES.values;
  const parsed = valuesSchema.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      problems.invalid(file, `${issue.path.join('.') || 'values'}: ${issue.message}`);
    return;
  }
  const { serving } = facts;
  const { ports, model, image, resources, preStopSeconds, terminationGracePeriodSeconds: grace } = parsed.data;
  const expected = { http: serving.httpPort, grpc: serving.grpcPort, metrics: serving.metricsPort };
  for (const [name, port] of Object.entries(expected)) problems.expect(file, `ports.${name}`, at(ports, name), port);
  problems.expect(file, 'model.name', model.name, facts.name);
  problems.expect(file, 'model.sha256', model.sha256, facts.model.sha256);
  if (image.tag === 'latest' && image.digest === '')
    problems.invalid(file, 'image.tag is latest, which cannot be rolled back');
  const gpus = at(resources, 'limits', 'nvidia.com/gpu');
  problems.expect(file, 'resources.limits nvidia.com/gpu', Number(gpus ?? 0), serving.gpus);
  if (grace <= preStopSeconds + EXIT_TIMEOUT_SECONDS) {
    problems.invalid(
      file,
      `terminationGracePeriodSeconds ${grace} is not above preStopSeconds ${preStopSeconds} + ${EXIT_TIMEOUT_SECONDS}`,
    );
  }
}

function checkMonitoring(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  const rules = problems.readYaml(CHART_FILES.rules);
  if (rules !== undefined) checkRuleGroups(rules, CHART_FILES.rules, files, facts, problems);
  const dashboard = problems.readJson(CHART_FILES.dashboard);
  if (dashboard !== undefined) checkDashboard(dashboard, CHART_FILES.dashboard, files, facts, problems);
}
