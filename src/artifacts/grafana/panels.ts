/** From a table of what is asked, in which unit and how wide, to panels of Grafana. Positions follow from the order. */

type PanelType = 'stat' | 'gauge' | 'timeseries' | 'heatmap';

export interface PanelSpec {
  readonly title: string;
  readonly type: PanelType;
  readonly unit: string;
  readonly width: number;
  readonly description?: string;
  readonly isStacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** A line to compare with: a limit or an objective. */
  readonly limit?: number;
  /** More is better: the colours of the limit turn around. */
  readonly isFloor?: boolean;
  /** Legend → expression. */
  readonly queries: Readonly<Record<string, string>>;
}

const COLUMNS = 24;
const HEIGHTS = { stat: 4, gauge: 6, timeseries: 8, heatmap: 8 } as const satisfies Record<PanelType, number>;
/** Chosen in the dashboard, so that it works in every Grafana. */
export const DATASOURCE = { type: 'prometheus', uid: ['$', '{datasource}'].join('') } as const;

export function arrange(specs: readonly PanelSpec[]): Record<string, unknown>[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return specs.map((spec, index) => {
    const height = HEIGHTS[spec.type];
    if (x + spec.width > COLUMNS || (x > 0 && height !== rowHeight)) {
      x = 0;
      y += rowHeight;
    }
    const gridPos = { h: height, w: spec.width, x, y };
    x += spec.width;
    rowHeight = height;
    return panel(spec, index + 1, gridPos);
  });
}

function panel(spec: PanelSpec, id: number, gridPos: Record<string, number>): Record<string, unknown> {
  return {
    id,
    type: spec.type,
    title: spec.title,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: fieldDefaults(spec), overrides: [] },
    options: OPTIONS[spec.type](spec),
    targets: Object.entries(spec.queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      editorMode: 'code',
      expr,
      legendFormat,
      range: true,
      ...(spec.type === 'heatmap' ? { format: 'heatmap' } : {}),
    })),
  };
}

function fieldDefaults(spec: PanelSpec): Record<string, unknown> {
  const { limit, isFloor = false, isStacked = false } = spec;
  const [low, high] = isFloor ? ['red', 'green'] : ['green', 'red'];
  const steps = [
    { color: limit === undefined ? 'green' : low, value: null },
    ...(limit === undefined ? [] : [{ color: high, value: limit }]),
  ];
  const lines = {
    fillOpacity: isStacked ? 30 : 10,
    showPoints: 'never',
    stacking: { mode: isStacked ? 'normal' : 'none' },
    ...(limit === undefined ? {} : { thresholdsStyle: { mode: 'dashed' } }),
  };
  return {
    unit: spec.unit,
    min: spec.min ?? 0,
    ...(spec.max === undefined ? {} : { max: spec.max }),
    thresholds: { mode: 'absolute', steps },
    ...(spec.type === 'timeseries' ? { custom: lines } : {}),
  };
}

const LAST = { calcs: ['lastNotNull'], fields: '', values: false } as const;

const OPTIONS: Readonly<Record<PanelType, (spec: PanelSpec) => Record<string, unknown>>> = {
  stat: () => ({ reduceOptions: LAST, graphMode: 'area' }),
  gauge: () => ({ reduceOptions: LAST, showThresholdLabels: false, showThresholdMarkers: true }),
  timeseries: () => ({
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  }),
  // Buckets come from Prometheus as they are: nothing to calculate.
  heatmap: ({ unit }) => ({
    calculate: false,
    cellGap: 1,
    color: { mode: 'scheme', scheme: 'Blues', steps: 32 },
    yAxis: { unit, axisPlacement: 'left' },
    tooltip: { mode: 'single', yHistogram: false },
  }),
};
