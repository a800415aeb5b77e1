/** Where each file of a service folder lies; paths are relative, with forward slashes. */
import type { ServiceFacts } from './service-facts.ts';

export const DOCKERFILE = 'Dockerfile';
export const DOCKERIGNORE = '.dockerignore';
export const COMPOSE_FILE = 'compose.yaml';
export const OPENAPI_FILE = 'openapi.json';
export const PROMETHEUS_FOLDER = 'monitoring/prometheus';
export const PROMETHEUS_CONFIG = `${PROMETHEUS_FOLDER}/prometheus.yml`;
export const RULES_FILE = `${PROMETHEUS_FOLDER}/rules.yml`;
export const RUNBOOK_FOLDER = 'monitoring/runbooks';
export const RULES_TEST_FILE = `${PROMETHEUS_FOLDER}/rules.test.yml`;
export const GRAFANA_FOLDER = 'monitoring/grafana';
export const DATASOURCE_FILE = `${GRAFANA_FOLDER}/provisioning/datasources/prometheus.yaml`;
export const DASHBOARD_PROVIDER_FILE = `${GRAFANA_FOLDER}/provisioning/dashboards/provider.yaml`;
export const CHART_FOLDER = 'chart';
export const CLIENT_TS = 'client/client.ts';
export const CLIENT_PY = 'client/client.py';
export const LOAD_SCRIPT = 'load/load.mjs';
export const LOAD_K6 = 'load/k6.js';
export const README_FILE = 'README.md';

/** The name of the service that answers inference, in compose and in the scrape configuration. */
export const COMPOSE_SERVER = 'server';

export function modelFolder(facts: ServiceFacts): string {
  return `models/${facts.name}`;
}

export function configFile(facts: ServiceFacts): string {
  return `${modelFolder(facts)}/config.pbtxt`;
}

/** Chosen with `--model-config-name=cpu` or `gpu`: one repository for both kinds of machine. */
export function alternativeConfigFile(facts: ServiceFacts, device: 'cpu' | 'gpu'): string {
  return `${modelFolder(facts)}/configs/${device}.pbtxt`;
}

/** @param suffix of the dashboard; empty for the overview */
export function dashboardFile(facts: ServiceFacts, suffix = ''): string {
  return `${GRAFANA_FOLDER}/dashboards/${facts.name}${suffix}.json`;
}

/** Tag of the image that is built for exactly this model. */
export function imageTag(facts: ServiceFacts): string {
  return facts.model.sha256.slice(0, 12);
}

/** Name and tag of that image. */
export function imageReference(facts: ServiceFacts): string {
  return `${facts.name}:${imageTag(facts)}`;
}

/** The ensemble beside the model that prepares its inputs. */
export function ensembleName(facts: ServiceFacts): string {
  return `${facts.name}-ensemble`;
}

/** Where the server answers on the machine that runs it. */
export function serverUrl(facts: ServiceFacts): string {
  return `http://localhost:${facts.serving.httpPort}`;
}
