/** The files of the chart. */
import { CHART_FOLDER } from '../layout.ts';

export const CHART_FILES = {
  chart: `${CHART_FOLDER}/Chart.yaml`,
  values: `${CHART_FOLDER}/values.yaml`,
  schema: `${CHART_FOLDER}/values.schema.json`,
  ignore: `${CHART_FOLDER}/.helmignore`,
  rules: `${CHART_FOLDER}/files/rules.yaml`,
  adapter: `${CHART_FOLDER}/files/prometheus-adapter-rules.yaml`,
  testRequest: `${CHART_FOLDER}/files/test-request.json`,
} as const;

/** @param suffix behind the name of the service, empty for the overview */
export function chartDashboardFile(suffix: string): string {
  return `${CHART_FOLDER}/files/dashboards/dashboard${suffix}.json`;
}

export function environmentFile(environment: string): string {
  return `${CHART_FOLDER}/values-${environment}.yaml`;
}

/** In templates/helm/templates and in the chart alike. */
export const TEMPLATES = [
  'NOTES.txt',
  '_deployment.tpl',
  '_helpers.tpl',
  '_model.tpl',
  'canary.yaml',
  'dashboard.yaml',
  'deployment.yaml',
  'hpa.yaml',
  'httproute.yaml',
  'ingress.yaml',
  'networkpolicy.yaml',
  'pdb.yaml',
  'podmonitor.yaml',
  'prometheusrule.yaml',
  'scaledobject.yaml',
  'service.yaml',
  'serviceaccount.yaml',
  'servicemonitor.yaml',
  'tests/infer.yaml',
  'tests/ready.yaml',
  'tracks.yaml',
] as const;

export function templateFile(name: (typeof TEMPLATES)[number]): string {
  return `${CHART_FOLDER}/templates/${name}`;
}

export const NAMESPACE_MARK = 'RELEASE_NAMESPACE';
export const SERVICE_MARK = 'RELEASE_SERVICE';
