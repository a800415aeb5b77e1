/** Judges a Grafana dashboard as a file for provisioning. */
import type { ServiceFiles } from '../artifact.ts';
import { RULES_FILE } from '../layout.ts';
import { at, listAt, type Problems, textAt } from '../problems.ts';
import { checkExpression, type ExpressionScope, lineOfText } from '../prometheus/check-expressions.ts';
import { recordedIn } from '../prometheus/check-rules.ts';
import { servedBoundsMs } from '../served-bounds.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { dashboardSuffixes } from './dashboard.ts';

const COLUMNS = 24;

/** Every dashboard of the service. @param fileOf path of the one with this suffix, among the files of the artifact */
export function checkDashboards(
  fileOf: (suffix: string) => string,
  files: ServiceFiles,
  facts: ServiceFacts,
  problems: Problems,
): void {
  const rules = files.get(RULES_FILE);
  const recorded = rules === undefined ? new Set<string>() : recordedIn(problems.parseYaml(RULES_FILE, rules));
  const shared = { problems, recorded, boundsMs: servedBoundsMs(files, facts), model: facts.name };
  for (const suffix of dashboardSuffixes(facts)) {
    const file = fileOf(suffix);
    const content = problems.readJson(file);
    if (content !== undefined) checkDashboard(content, { ...shared, file, text: files.get(file) ?? '' });
  }
}

function checkDashboard(content: unknown, scope: ExpressionScope): void {
  const { file, problems } = scope;
  if (at(content, 'dashboard') !== undefined) {
    problems.invalid(file, 'is wrapped in {"dashboard": …}, which provisioning does not read');
    return;
  }
  checkIdentity(content, file, problems);
  const panels = allPanels(content);
  if (panels.length === 0) problems.invalid(file, 'has no panels');
  checkLayout(panels, file, problems);
  for (const panel of panels) checkPanel(panel, content, scope);
}

function checkIdentity(content: unknown, file: string, problems: Problems): void {
  if (textAt(content, 'title') === '') problems.invalid(file, 'has no title, which Grafana refuses');
  if ((at(content, 'id') ?? null) !== null)
    problems.invalid(file, 'has an id; Grafana gives it, and a fixed one collides');
  if (!/^[A-Za-z0-9_-]{8,40}$/.test(textAt(content, 'uid')))
    problems.invalid(file, 'has no uid of 8 to 40 letters, digits, - or _');
  if (at(content, '__inputs') !== undefined)
    problems.invalid(file, 'has __inputs, which provisioning does not fill in');
}

/** Rows may hold panels of their own. */
function allPanels(content: unknown): unknown[] {
  return listAt(content, 'panels').flatMap((panel) => [panel, ...listAt(panel, 'panels')]);
}

interface Box {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function checkLayout(panels: readonly unknown[], file: string, problems: Problems): void {
  const ids = panels.map((panel) => at(panel, 'id'));
  if (new Set(ids).size !== ids.length) problems.invalid(file, 'has two panels with the same id');
  const boxes = panels.map((panel): Box => {
    const [x, y, w, h] = ['x', 'y', 'w', 'h'].map((key) => Number(at(panel, 'gridPos', key) ?? Number.NaN));
    return { title: textAt(panel, 'title'), x: x as number, y: y as number, w: w as number, h: h as number };
  });
  boxes.forEach((box, index) => {
    if (!(box.x >= 0 && box.w > 0 && box.h > 0 && box.y >= 0 && box.x + box.w <= COLUMNS)) {
      problems.invalid(file, `the panel ${box.title} does not lie within the ${COLUMNS} columns`);
    }
    const hidden = boxes.slice(index + 1).find((other) => overlaps(box, other));
    if (hidden !== undefined) problems.invalid(file, `the panels ${box.title} and ${hidden.title} overlap`);
  });
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function checkPanel(panel: unknown, content: unknown, scope: ExpressionScope): void {
  const { file, problems } = scope;
  const title = textAt(panel, 'title');
  for (const target of listAt(panel, 'targets')) {
    checkExpression(at(target, 'expr'), title, scope);
    checkDatasource(at(target, 'datasource') ?? at(panel, 'datasource'), title, content, scope);
  }
  if (['graph', 'singlestat', 'table-old'].includes(textAt(panel, 'type'))) {
    problems.invalid(
      file,
      `the panel ${title} is of the type ${textAt(panel, 'type')}, which Grafana has removed`,
      lineOfText(scope.text, `"title": ${JSON.stringify(title)}`),
    );
  }
}

/** A fixed uid works in one Grafana only; `${DS_…}` works in none that provisions. */
function checkDatasource(
  datasource: unknown,
  title: string,
  content: unknown,
  { file, problems, text }: ExpressionScope,
): void {
  const uid = typeof datasource === 'string' ? datasource : textAt(datasource, 'uid');
  const variable = /^\$\{?(\w+)\}?$/.exec(uid)?.[1];
  const variables = listAt(content, 'templating', 'list').filter((item) => textAt(item, 'type') === 'datasource');
  if (variable === undefined || !variables.some((item) => textAt(item, 'name') === variable)) {
    problems.invalid(
      file,
      `the data source of ${title} is ${uid === '' ? 'not named' : uid} and not a variable of the dashboard`,
      lineOfText(text, `"uid": ${JSON.stringify(uid)}`, `"title": ${JSON.stringify(title)}`),
    );
  }
}
