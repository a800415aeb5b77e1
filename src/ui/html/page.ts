/** The report of `nimify analyze --html`: one page that needs nothing but itself. */
import type { Analysis } from '../../analysis/facts.ts';
import type { Picture } from '../../analysis/picture.ts';
import type { Finding } from '../../base/findings.ts';
import { asset } from './assets.ts';
import { compatibilitySection } from './compatibility.ts';
import { findingSection } from './findings.ts';
import { fileName, header } from './header.ts';
import { type Html, html } from './markup.ts';
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

/** A part of the page with its place in the table of contents; null when there is nothing to show. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/**
 * The whole page as text: no date, no path of this machine beyond the one that was asked for, no request to anywhere.
 * Equal facts give equal bytes. Names from the model are escaped; it reads without its script, which sorts and filters.
 */
export function reportPage(facts: PageFacts): string {
  const style = asset('report.css');
  const script = asset('report.js');
  const policy = `default-src 'none'; style-src '${style.hash}'; script-src '${script.hash}'; base-uri 'none'; form-action 'none'`;
  const sections = [
    structureSection(facts),
    memorySection(facts),
    findingSection(facts),
    compatibilitySection(facts),
    valueSection(facts),
    tensorSection(facts),
  ].filter((section) => section !== null);
  const title = fileName(facts.analysis.model.path);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="nimify ${facts.version}">
<title>${title} · nimify</title>
<style>${style.content}</style>
</head>
<body>
${header(facts, sections)}
<main>${sections.map(sectionMarkup)}</main>
<footer><p>Made by nimify ${facts.version}. Nothing in this page was loaded from elsewhere, and nothing leaves it.</p></footer>
<script>${script.content}</script>
</body>
</html>
`.text;
}

function sectionMarkup({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>
`;
}
