/** What `nimify catalog verify` prints for people. */
import type { Finding } from '../../base/findings.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import type { CatalogCondition } from '../../pipeline/catalog.ts';
import { findingCounts, findingList } from '../findings.ts';
import { facts, headline, page } from '../layout.ts';
import type { Style } from '../style.ts';

export function conditionReport(style: Style, { checked }: CatalogCondition, findings: readonly Finding[]): string {
  const outcome = findings.length === 0 ? 'The catalog is in order.' : `The catalog has ${findingCounts(findings)}.`;
  const { versions, auditRows, calibrations, blobs, blobBytes, unreferencedBlobs } = checked;
  return page(
    headline(style, outcome),
    facts(style, [
      ['Versions', formatCount(versions)],
      ['Log entries', formatCount(auditRows)],
      ['Kept calibrations', calibrations === 0 ? undefined : formatCount(calibrations)],
      ['Stored files', `${formatCount(blobs)} · ${formatBytes(blobBytes)}`],
      ['Without a version', unreferencedBlobs === 0 ? undefined : formatCount(unreferencedBlobs)],
    ]),
    findingList(style, findings),
  );
}
