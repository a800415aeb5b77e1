/** The files of the chart. */
import { CHART_FOLDER } from '../layout.ts';

export const CHART_FILES = {
  chart: `${CHART_FOLDER}/Chart.yaml`,
  values: `${CHART_FOLDER}/values.yaml`,
  schema: `${CHART_FOLDER}/values.schema.json`,
  ignore: `${CHART_FOLDER}/.helmignore`,
  dashboard: `${CHART_FOLDER}/files/dashboard.json`,
  rules: `${CHART_FOLDER}/files/rules.yaml`,
} as const;

/** In templates/helm/templates and in the chart alike. */
export const TEMPLATES = [
  'NOTES.txt',
  '_helpers.tpl',
  'dashboard.yaml',
  'deployment.yaml',
  'hpa.yaml',
  'networkpolicy.yaml',
  'pdb.yaml',
  'prometheusrule.yaml',
  'service.yaml',
  'serviceaccount.yaml',
  'servicemonitor.yaml',
  'tests/ready.yaml',
] as const;

export const NAMESPACE_MARK = 'RELEASE_NAMESPACE';
export const SERVICE_MARK = 'RELEASE_SERVICE';
