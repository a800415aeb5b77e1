/** The frame of every page: one file that needs no other and loads nothing from anywhere. */
import { type AssetName, asset } from './assets.ts';
import { type Html, html } from './markup.ts';

/** A part of a page with its place in the table of contents. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export interface Page {
  readonly title: string;
  /** Of nimify. */
  readonly version: string;
  readonly header: Html;
  readonly sections: readonly Section[];
  /** Files of templates/report. */
  readonly styles: readonly AssetName[];
  readonly script?: AssetName;
}

/** The page as text; equal parts give equal bytes. Only its own style sheets and its own script are allowed to it. */
export function htmlDocument(page: Page): string {
  const styles = page.styles.map(asset);
  const script = page.script === undefined ? undefined : asset(page.script);
  const hashes = (list: readonly { readonly hash: string }[]): string => list.map(({ hash }) => `'${hash}'`).join(' ');
  const scripts = script === undefined ? "'none'" : hashes([script]);
  const policy = `default-src 'none'; style-src ${hashes(styles)}; script-src ${scripts}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="nimify ${page.version}">
<title>${page.title} · nimify</title>
${styles.map(
  ({ content }) => html`<style>${content}</style>
`,
)}</head>
<body>
${page.header}
<main>${page.sections.map(sectionMarkup)}</main>
<footer><p>Made by nimify ${page.version}. Nothing in this page was loaded from elsewhere, and nothing leaves it.</p></footer>
${
  script !== undefined &&
  html`<script>${script.content}</script>
`
}</body>
</html>
`.text;
}

/** The links below the header. */
export function contents(sections: readonly Section[]): Html {
  return html`<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}

function sectionMarkup({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>
`;
}
