/** The Grafana dashboards of one service, in the classic model (schemaVersion 42), for provisioning from a file. */
import { sha256 } from '../../base/digest.ts';
import { sloBoundMs } from '../latency.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { gpuPanels } from './gpu.ts';
import { internalsPanels } from './internals.ts';
import { overviewPanels } from './overview.ts';
import { arrange, DATASOURCE, type PanelSpec } from './panels.ts';

interface DashboardSpec {
  /** Behind the name of the service, in the file and in the uid. */
  readonly suffix: string;
  readonly title: string;
  readonly panels: (facts: ServiceFacts) => PanelSpec[];
}

const OVERVIEW: DashboardSpec = { suffix: '', title: '', panels: overviewPanels };
const INTERNALS: DashboardSpec = { suffix: '-model', title: ' · model', panels: internalsPanels };
const GPU: DashboardSpec = { suffix: '-gpu', title: ' · GPU', panels: gpuPanels };

/** The overview first. */
function specsOf(facts: ServiceFacts): readonly DashboardSpec[] {
  return [OVERVIEW, INTERNALS, ...(facts.serving.gpus > 0 ? [GPU] : [])];
}

/** Suffix of the file name → dashboard. */
export function dashboards(facts: ServiceFacts): ReadonlyMap<string, Record<string, unknown>> {
  return new Map(specsOf(facts).map((spec) => [spec.suffix, build(spec, facts)]));
}

export function dashboardSuffixes(facts: ServiceFacts): string[] {
  return specsOf(facts).map(({ suffix }) => suffix);
}

/** 8 to 40 characters, the same for the same service name; long names keep a digest of the whole. */
function dashboardUid(name: string, suffix: string): string {
  const uid = `nimify-${name}${suffix}`;
  return uid.length <= 40 ? uid : `${uid.slice(0, 25)}-${sha256(name).slice(0, 8)}${suffix}`;
}

function build({ suffix, title, panels }: DashboardSpec, facts: ServiceFacts): Record<string, unknown> {
  return {
    // A provisioned dashboard gets its number from Grafana; a fixed one would collide.
    id: null,
    uid: dashboardUid(facts.name, suffix),
    title: `${facts.name}${title}`,
    description: objective(facts),
    tags: ['nimify', 'triton', facts.name],
    schemaVersion: 42,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [links(facts)],
    templating: { list: variables(facts) },
    panels: arrange(panels(facts)),
  };
}

/** To the other dashboards of this service, with time and variables. */
function links(facts: ServiceFacts): Record<string, unknown> {
  return {
    type: 'dashboards',
    title: facts.name,
    tags: ['nimify', facts.name],
    asDropdown: true,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
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
