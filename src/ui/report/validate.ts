/** What `nimify validate` prints for people. */
import type { Finding } from '../../base/findings.ts';
import type { ValidateResult } from '../../pipeline/requests.ts';
import { findingCounts, findingList } from '../findings.ts';
import { type Cell, headline, page, table } from '../layout.ts';
import type { Style } from '../style.ts';
import { fileCount, placeOf } from './places.ts';

export function validateReport(
  style: Style,
  result: ValidateResult,
  findings: readonly Finding[],
  folder: string,
): string {
  const bad = findings.filter(({ severity }) => severity !== 'info').length;
  const outcome = bad === 0 ? `${folder} is in order.` : `${folder} has ${findingCounts(findings)}.`;
  const rows = result.checked.map(({ artifact, files }): Cell[] => {
    const own = findings.filter(({ args, severity }) => args.artifact === artifact && severity !== 'info');
    const isBroken = own.some(({ severity }) => severity === 'error');
    const sign: Cell =
      own.length === 0
        ? { text: '✓', tone: 'green' }
        : isBroken
          ? { text: '✗', tone: 'red' }
          : { text: '▲', tone: 'yellow' };
    return [sign, artifact, fileCount(files), { text: placeOf(files), tone: 'dim' }];
  });
  return page(
    headline(style, outcome),
    table(style, [{ title: '' }, { title: '' }, { title: '', align: 'right' }, { title: '', shrink: 'cut' }], rows),
    findingList(style, findings),
  );
}
