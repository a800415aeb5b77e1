/** What `nimify serve` prints for people once the models are ready. */
import type { RunningService } from '../../pipeline/requests.ts';
import { facts, headline, page } from '../layout.ts';
import type { Style } from '../style.ts';

export type ServedFacts = Pick<RunningService, 'models' | 'httpUrl' | 'metricsUrl'>;

export function serveReport(style: Style, { models, httpUrl, metricsUrl }: ServedFacts): string {
  const names = models.map(({ name, version }) => `${name} (version ${version})`);
  const first = models[0]?.name;
  return page(
    headline(style, `Serving ${names.join(', ') || 'no model'}.`),
    facts(style, [
      ['HTTP', { text: httpUrl, tone: 'cyan' }],
      ['Metrics', { text: metricsUrl, tone: 'cyan' }],
      ['Try', first === undefined ? undefined : `curl ${httpUrl.replace(/\/$/, '')}/v2/models/${first}`],
      ['Stop', 'Ctrl-C'],
    ]),
  );
}
