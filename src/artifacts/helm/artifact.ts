/** chart/: a Helm chart for exactly this model. */
import type { Artifact } from '../artifact.ts';
import { dashboard } from '../grafana/dashboard.ts';
import { CHART_FOLDER, imageTag } from '../layout.ts';
import { printCommentedYaml, printJson, printYaml, sortKeys } from '../print.ts';
import { Problems } from '../problems.ts';
import { ruleGroups } from '../prometheus/rules.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { CHART_FILES, NAMESPACE_MARK, SERVICE_MARK, TEMPLATES } from './chart-files.ts';
import { checkChart } from './check-chart.ts';
import { chartValues, VALUES_COMMENTS, valuesJsonSchema } from './values.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const files = [
      { path: CHART_FILES.chart, content: printYaml(chartFile(facts)) },
      { path: CHART_FILES.values, content: printCommentedYaml(chartValues(facts), VALUES_COMMENTS) },
      { path: CHART_FILES.schema, content: printJson(sortKeys(valuesJsonSchema())) },
      { path: CHART_FILES.ignore, content: '.git/\n.DS_Store\n*.swp\n*.tmp\n' },
      { path: CHART_FILES.dashboard, content: printJson(sortKeys(dashboard(facts))) },
      { path: CHART_FILES.rules, content: printYaml({ groups: ruleGroups(facts, { matchers: MARKS }) }) },
      ...TEMPLATES.map((name) => ({
        path: `${CHART_FOLDER}/templates/${name}`,
        content: renderTemplate(`helm/templates/${name}`, {
          name: facts.name,
          quotedName: JSON.stringify(facts.name),
          namespaceMark: NAMESPACE_MARK,
          serviceMark: SERVICE_MARK,
        }),
      })),
    ];
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  async check(files, facts) {
    const problems = new Problems('helm', files);
    checkChart(files, facts, problems);
    return problems.findings;
  },
};

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
