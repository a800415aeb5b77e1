/** chart/: a Helm chart for exactly this model. */
import type { Artifact } from '../artifact.ts';
import { dashboards } from '../grafana/dashboard.ts';
import { imageTag } from '../layout.ts';
import { printCommentedYaml, printJson, printYaml, sortKeys } from '../print.ts';
import { Problems } from '../problems.ts';
import { ruleGroups } from '../prometheus/rules.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { adapterRules, PENDING_METRIC, QUEUE_TIME_METRIC } from './adapter-rules.ts';
import {
  CHART_FILES,
  chartDashboardFile,
  environmentFile,
  NAMESPACE_MARK,
  SERVICE_MARK,
  TEMPLATES,
  templateFile,
} from './chart-files.ts';
import { checkChart } from './check-chart.ts';
import { ENVIRONMENTS } from './environments.ts';
import { testRequest } from './test-request.ts';
import { chartValues } from './values.ts';
import { VALUES_COMMENTS, valuesJsonSchema } from './values-schema.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const files = [
      { path: CHART_FILES.chart, content: printYaml(chartFile(facts)) },
      { path: CHART_FILES.values, content: printCommentedYaml(chartValues(facts), VALUES_COMMENTS) },
      { path: CHART_FILES.schema, content: printJson(sortKeys(valuesJsonSchema())) },
      { path: CHART_FILES.ignore, content: '.git/\n.DS_Store\n*.swp\n*.tmp\n' },
      ...[...dashboards(facts)].map(([suffix, content]) => ({
        path: chartDashboardFile(suffix),
        content: printJson(sortKeys(content)),
      })),
      { path: CHART_FILES.rules, content: printYaml({ groups: ruleGroups(facts, { matchers: MARKS }) }) },
      { path: CHART_FILES.adapter, content: printYaml(adapterRules(), ADAPTER_COMMENT) },
      { path: CHART_FILES.testRequest, content: `${testRequest(facts).header}\n` },
      ...Object.entries(ENVIRONMENTS).map(([environment, { comment, values }]) => ({
        path: environmentFile(environment),
        content: printYaml(values(facts), `${comment}\nhelm upgrade … --values values-${environment}.yaml`),
      })),
      ...templates(facts),
    ];
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  async check(files, facts) {
    const problems = new Problems('helm', files);
    checkChart(files, facts, problems);
    return problems.findings;
  },
};

const ADAPTER_COMMENT =
  'For the values of prometheus-adapter: helm upgrade … --values prometheus-adapter-rules.yaml\n' +
  'Sums on both sides before dividing: a mean of ratios reports too little.';

function templates(facts: ServiceFacts) {
  const { zeroBytes } = testRequest(facts);
  const data = {
    name: facts.name,
    quotedName: JSON.stringify(facts.name),
    namespaceMark: NAMESPACE_MARK,
    serviceMark: SERVICE_MARK,
    pendingMetric: PENDING_METRIC,
    queueTimeMetric: QUEUE_TIME_METRIC,
    isNode: facts.serving.imageProfile === 'node',
    zeroBytes,
    // curl and node hold the request in memory, more than once.
    testMemoryMiB: 128 + Math.ceil((3 * zeroBytes) / 1024 ** 2),
  };
  return TEMPLATES.map((name) => ({
    path: templateFile(name),
    content: renderTemplate(`helm/templates/${name}`, data),
  }));
}

/** Known at install time only; the template of the PrometheusRule puts the real names in. */
const MARKS = { namespace: NAMESPACE_MARK, service: SERVICE_MARK } as const;

function chartFile(facts: ServiceFacts): Record<string, unknown> {
  return {
    apiVersion: 'v2',
    name: facts.name,
    description: `${facts.name} (ONNX, ${facts.model.precision}) on Triton Inference Server`,
    type: 'application',
    // Build metadata: two models made by one nimify differ in it.
    version: `${facts.nimifyVersion}+${imageTag(facts)}`,
    appVersion: imageTag(facts),
    kubeVersion: '>=1.27.0-0',
    annotations: {
      'nimify.dev/model-sha256': facts.model.sha256,
      'nimify.dev/source-sha256': facts.sourceSha256,
    },
  };
}
