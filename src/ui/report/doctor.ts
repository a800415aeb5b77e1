/** What `nimify doctor` prints for people. */
import type { CheckReport, Diagnosis } from '../../doctor/check.ts';
import { findingSentence } from '../findings.ts';
import { type Cell, headline, page, table } from '../layout.ts';
import type { Style } from '../style.ts';

const SIGNS: Readonly<Record<CheckReport['status'], Cell>> = {
  ok: { text: '✓', tone: 'green' },
  info: { text: '–', tone: 'dim' },
  warning: { text: '▲', tone: 'yellow' },
  error: { text: '✗', tone: 'red' },
};

export function doctorReport(style: Style, { checks }: Diagnosis): string {
  const broken = checks.filter(({ status }) => status === 'error').length;
  const outcome =
    broken === 0 ? 'nimify can work here.' : `${broken === 1 ? 'One thing needs' : `${broken} things need`} repair.`;
  const rows = checks.flatMap(({ title, status, findings }): Cell[][] =>
    findings.map((item, index) => [
      index === 0 ? SIGNS[status] : '',
      index === 0 ? title : '',
      { text: findingSentence(item), tone: status === 'info' ? 'dim' : 'plain' },
    ]),
  );
  return page(
    headline(style, outcome),
    table(style, [{ title: '' }, { title: '' }, { title: '', shrink: 'wrap' }], rows),
  );
}
