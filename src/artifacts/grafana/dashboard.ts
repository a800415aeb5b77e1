/** The Grafana dashboard of one service, in the classic model (schemaVersion 42), for provisioning from a file. */
import { sha256 } from '../../base/digest.ts';
import { sloBoundMs } from '../latency.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { DATASOURCE, panels } from './dashboard-panels.ts';

/** 8 to 40 characters, the same for the same service name; long names keep a digest of the whole. */
function dashboardUid(name: string): string {
  const uid = `nimify-${name}`;
  return uid.length <= 40 ? uid : `${uid.slice(0, 31)}-${sha256(name).slice(0, 8)}`;
}

export function dashboard(facts: ServiceFacts): Record<string, unknown> {
  return {
    // A provisioned dashboard gets its number from Grafana; a fixed one would collide.
    id: null,
    uid: dashboardUid(facts.name),
    title: facts.name,
    description: objective(facts),
    tags: ['nimify', 'triton'],
    schemaVersion: 42,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [],
    templating: { list: variables(facts) },
    panels: panels(facts),
  };
}

function objective(facts: ServiceFacts): string {
  const { availabilityRatio, latencyRatio } = facts.slo;
  const percent = (ratio: number) => `${Number((ratio * 100).toPrecision(6))} %`;
  const within = `within ${sloBoundMs(facts)} ms`;
  return latencyRatio === null || latencyRatio === availabilityRatio
    ? `Objective: ${percent(availabilityRatio)} of requests succeed ${within}.`
    : `Objective: ${percent(availabilityRatio)} of requests succeed, and ${percent(latencyRatio)} do ${within}.`;
}

function variables(facts: ServiceFacts): unknown[] {
  const current = { text: facts.name, value: facts.name, selected: true };
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0, current: {} },
    {
      name: 'model',
      label: 'Model',
      type: 'query',
      datasource: DATASOURCE,
      definition: 'label_values(nv_inference_request_success, model)',
      query: { query: 'label_values(nv_inference_request_success, model)', refId: 'model' },
      refresh: 2,
      sort: 1,
      multi: true,
      includeAll: true,
      current: { ...current, text: [facts.name], value: [facts.name] },
    },
    {
      name: 'instance',
      label: 'Instance',
      type: 'query',
      datasource: DATASOURCE,
      definition: 'label_values(nv_inference_request_success{model=~"$model"}, instance)',
      query: { query: 'label_values(nv_inference_request_success{model=~"$model"}, instance)', refId: 'instance' },
      refresh: 2,
      sort: 1,
      multi: true,
      includeAll: true,
      current: { text: ['All'], value: ['$__all'], selected: true },
    },
  ];
}
