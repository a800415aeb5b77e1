/** The report of `nimify analyze --html`: one page that needs nothing but itself. */
import type { Analysis } from '../../analysis/facts.ts';
import type { Picture } from '../../analysis/picture.ts';
import type { Finding } from '../../base/findings.ts';
import { compatibilitySection } from './compatibility.ts';
import { htmlDocument } from './document.ts';
import { findingSection } from './findings.ts';
import { fileName, header } from './header.ts';
import { memorySection } from './memory.ts';
import { structureSection } from './structure/section.ts';
import { tensorSection } from './tensors.ts';
import { valueSection } from './values.ts';

export interface PageFacts {
  readonly analysis: Analysis;
  readonly picture: Picture;
  readonly findings: readonly Finding[];
  /** Of nimify. */
  readonly version: string;
}

/**
 * The whole page as text: no date, no path of this machine beyond the one that was asked for, no request to anywhere.
 * Equal facts give equal bytes. Names from the model are escaped; it reads without its script, which sorts and filters.
 */
export function reportPage(facts: PageFacts): string {
  const sections = [
    structureSection(facts),
    memorySection(facts),
    findingSection(facts),
    compatibilitySection(facts),
    valueSection(facts),
    tensorSection(facts),
  ].filter((section) => section !== null);
  return htmlDocument({
    title: fileName(facts.analysis.model.path),
    version: facts.version,
    header: header(facts, sections),
    sections,
    styles: ['report.css'],
    script: 'report.js',
  });
}
