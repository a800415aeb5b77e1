/** monitoring/grafana: the dashboards and what a Grafana in compose needs to find it. */
import type { Artifact } from '../artifact.ts';
import { PROMETHEUS_PORT } from '../images.ts';
import { COMPOSE_FILE, DASHBOARD_PROVIDER_FILE, DATASOURCE_FILE, dashboardFile } from '../layout.ts';
import { printJson, printYaml, sortKeys } from '../print.ts';
import { at, listAt, Problems, textAt } from '../problems.ts';
import { checkDashboards } from './check-dashboard.ts';
import { dashboards } from './dashboard.ts';

/** Where compose mounts the dashboards; the provider looks there. */
const DASHBOARDS_PATH = '/etc/grafana/dashboards';

export const artifact: Artifact = {
  async generate(facts) {
    return [
      ...[...dashboards(facts)]
        .map(([suffix, content]) => ({ path: dashboardFile(facts, suffix), content: printJson(sortKeys(content)) }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
      { path: DASHBOARD_PROVIDER_FILE, content: printYaml(PROVIDER) },
      { path: DATASOURCE_FILE, content: printYaml(DATASOURCES) },
    ];
  },

  async check(files, facts) {
    const problems = new Problems('grafana', files);
    checkDashboards((suffix) => dashboardFile(facts, suffix), files, facts, problems);
    checkProvider(problems, files.get(COMPOSE_FILE));
    checkDatasources(problems);
    return problems.findings;
  },
};

const PROVIDER = {
  apiVersion: 1,
  providers: [
    {
      name: 'nimify',
      type: 'file',
      disableDeletion: true,
      allowUiUpdates: false,
      options: { path: DASHBOARDS_PATH },
    },
  ],
};

const DATASOURCES = {
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      uid: 'prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: `http://prometheus:${PROMETHEUS_PORT}`,
      isDefault: true,
      editable: false,
      jsonData: { timeInterval: '15s' },
    },
  ],
};

function checkProvider(problems: Problems, compose: string | undefined): void {
  const content = problems.readYaml(DASHBOARD_PROVIDER_FILE);
  if (content === undefined) return;
  const paths = listAt(content, 'providers').map((provider) => textAt(provider, 'options', 'path'));
  if (paths.length === 0 || paths.includes(''))
    problems.invalid(DASHBOARD_PROVIDER_FILE, 'has no provider with a path');
  else if (compose !== undefined && !paths.some((path) => compose.includes(`:${path}`))) {
    problems.disagrees(DASHBOARD_PROVIDER_FILE, 'path', paths, DASHBOARDS_PATH);
  }
}

function checkDatasources(problems: Problems): void {
  const content = problems.readYaml(DATASOURCE_FILE);
  if (content === undefined) return;
  const prometheus = listAt(content, 'datasources').find((source) => at(source, 'type') === 'prometheus');
  if (prometheus === undefined) problems.invalid(DATASOURCE_FILE, 'has no data source of the type prometheus');
  else if (!/^https?:\/\//.test(textAt(prometheus, 'url')))
    problems.invalid(DATASOURCE_FILE, 'has a data source without a URL');
}
