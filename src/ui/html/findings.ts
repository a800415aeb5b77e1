/** What is peculiar about the model, the gravest first. */
import { type Finding, SEVERITIES } from '../../base/findings.ts';
import { findingSentence } from '../findings.ts';
import type { Section } from './document.ts';
import { type Html, html, name } from './markup.ts';
import type { PageFacts } from './page.ts';

const WORDS = { error: 'Error', warning: 'Warning', info: 'Remark' } as const;

/** Findings of one code beyond it are counted; `--json` has them all. */
const PER_CODE = 8;

export function findingSection({ findings }: PageFacts): Section {
  const body = findings.length === 0 ? html`<p class="empty">Nothing peculiar was found.</p>` : findingList(findings);
  return { id: 'findings', title: 'Findings', body };
}

export function findingList(findings: readonly Finding[]): Html {
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const seen = new Map<string, number>();
  const shown = sorted.filter(({ code }) => {
    seen.set(code, (seen.get(code) ?? 0) + 1);
    return (seen.get(code) as number) <= PER_CODE;
  });
  const more = [...seen].filter(([, count]) => count > PER_CODE);
  return html`<ul class="findings">${shown.map(item)}${more.map(([code, count]) => html`<li class="more">and ${count - PER_CODE} more of ${code}; nimify analyze --json has them all</li>`)}</ul>`;
}

function item(finding: Finding): Html {
  return html`<li class="${finding.severity}"><strong class="severity">${WORDS[finding.severity]}</strong><p>${findingSentence(finding)}</p><p class="code"><code>${finding.code}</code>${finding.where !== undefined && html` ${name(finding.where)}`}</p></li>`;
}
