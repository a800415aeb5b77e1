/**
 * Draws the overview and the dashboard of the model from what Prometheus has after a minute of load with a fault in it:
 * a page for the browser, light and dark, in the grid that Grafana would use. Needs the program prometheus.
 * Run: npm run picture:dashboard [folder]   (then: chromium --headless --screenshot=… folder/light.html)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  letFail,
  monitoredFiles,
  queryRange,
  startMonitored,
  stopMonitored,
} from '../integration/monitored-service.ts';

const FOLDER = process.argv[2] ?? '.nimify/dashboard';
const SECONDS = 60;
const CELL = { width: 50, height: 34 } as const;
const COLOURS = ['#3274d9', '#56a64b', '#e0b400', '#ff780a', '#e02f44', '#8f3bb8'];

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string;
      readonly thresholds: { readonly steps: readonly { value: number | null }[] };
    };
  };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Line {
  readonly legend: string;
  readonly points: readonly (readonly [number, number])[];
}

async function linesOf(panel: Panel): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { expr, legendFormat } of panel.targets) {
    for (const { metric, values } of await queryRange(expr, SECONDS)) {
      const legend = legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
      const points = values
        .map(([time, value]) => [time, Number(value)] as const)
        .filter(([, value]) => Number.isFinite(value));
      lines.push({ legend, points });
    }
  }
  return lines;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function chart(lines: readonly Line[], width: number, height: number, limit: number | undefined): string {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const times = lines.flatMap(({ points }) => points.map(([time]) => time));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(1e-9, ...values) * 1.1;
  const at = ([time, value]: readonly [number, number]) =>
    `${((time - first) / Math.max(1, last - first)) * (width - 46) + 40},${height - 18 - (value / top) * (height - 30)}`;
  const paths = lines.map(
    ({ points }, index) =>
      `<polyline fill="none" stroke="${COLOURS[index % COLOURS.length]}" stroke-width="1.5" points="${points.map(at).join(' ')}"/>`,
  );
  const y = (value: number) => height - 18 - (value / top) * (height - 30);
  const grid = [0, 0.5, 1].map(
    (share) =>
      `<text x="36" y="${y(top * share) + 4}" text-anchor="end">${short(top * share)}</text><line x1="40" x2="${width - 6}" y1="${y(top * share)}" y2="${y(top * share)}" class="grid"/>`,
  );
  const line =
    limit === undefined || limit > top
      ? ''
      : `<line x1="40" x2="${width - 6}" y1="${y(limit)}" y2="${y(limit)}" stroke="#e02f44" stroke-dasharray="5 4"/>`;
  return `<svg width="${width}" height="${height}">${grid.join('')}${line}${paths.join('')}</svg>`;
}

async function draw(panel: Panel): Promise<string> {
  const { x, y, w, h } = panel.gridPos;
  const lines = await linesOf(panel);
  const { unit, thresholds } = panel.fieldConfig.defaults;
  const box = `left:${x * CELL.width}px;top:${y * CELL.height + 44}px;width:${w * CELL.width - 8}px;height:${h * CELL.height - 8}px`;
  const latest = lines[0]?.points.at(-1)?.[1];
  const limit = thresholds.steps.at(-1)?.value ?? undefined;
  const legend = lines
    .map(
      ({ legend: name }, index) => `<span><i style="background:${COLOURS[index % COLOURS.length]}"></i>${name}</span>`,
    )
    .join('');
  const isStat = panel.type === 'stat' || panel.type === 'gauge';
  const body = isStat
    ? `<b>${latest === undefined ? 'no data' : short(unit === 'percentunit' ? latest * 100 : latest)}<small> ${unit === 'percentunit' ? '%' : unit === 'short' ? '' : unit}</small></b>`
    : `${chart(lines, w * CELL.width - 24, h * CELL.height - 62, limit)}<p>${legend}</p>`;
  return `<section style="${box}"><h2>${panel.title} <small>${isStat ? '' : unit}</small></h2>${body}</section>`;
}

function page(title: string, panels: readonly string[], height: number, isDark: boolean): string {
  const [paper, panel, ink, edge] = isDark
    ? ['#111217', '#181b1f', '#ccccdc', '#2c3235']
    : ['#f4f5f5', '#fff', '#24292e', '#dcdfe3'];
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><style>
body{margin:0;background:${paper};color:${ink};font:12px system-ui,sans-serif;width:1200px;height:${height}px;position:relative}
h1{font-size:16px;padding:12px;margin:0}section{position:absolute;background:${panel};border:1px solid ${edge};border-radius:3px;padding:6px 8px;box-sizing:border-box;overflow:hidden}
h2{font-size:12px;margin:0 0 4px;font-weight:600}small{opacity:.6;font-weight:400}b{font-size:30px;display:block;margin-top:14px}b small{font-size:13px}
p{margin:2px 0;display:flex;gap:10px;flex-wrap:wrap;font-size:11px}i{display:inline-block;width:10px;height:3px;margin-right:4px;vertical-align:middle}
text{fill:${ink};font-size:10px;opacity:.7}.grid{stroke:${edge}}</style><h1>${title}</h1>${panels.join('')}`;
}

await startMonitored();
const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
await wait(SECONDS / 2);
letFail(0.1);
await wait(SECONDS / 4);
letFail(0);
await wait(SECONDS / 4);
mkdirSync(FOLDER, { recursive: true });
for (const [path, text] of monitoredFiles()) {
  if (!path.includes('grafana/dashboards/')) continue;
  const { title, panels } = JSON.parse(text) as { title: string; panels: Panel[] };
  const drawn: string[] = [];
  for (const panel of panels) drawn.push(await draw(panel));
  const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * CELL.height + 52;
  const name = path.split('/').at(-1)?.replace('.json', '');
  for (const scheme of ['light', 'dark'] as const) {
    writeFileSync(join(FOLDER, `${name}-${scheme}.html`), page(title, drawn, height, scheme === 'dark'));
  }
  console.log(`${join(FOLDER, `${name}-light.html`)} 1200×${height}`);
}
await stopMonitored();
