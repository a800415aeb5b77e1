/** HTML that cannot be broken by what is put into it: every value is escaped unless it is markup itself. */
import { safeText } from '../text.ts';

/** Markup that was made by `html`, and so may be put into other markup as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Lists are joined; what is undefined, null or false leaves nothing. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Nobody reads more of one value, and a name of megabytes stands in many places. */
const LONGEST_TEXT = 600;

function cutText(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 100)}…${text.slice(-99)}` : text;
}

/** Control and direction characters of names become visible escapes, too. */
function escapeText(text: string): string {
  return safeText(cutText(text)).replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) as string);
}

/** A template whose values are escaped; attributes must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((part, index) => part + (index < values.length ? render(values[index]) : ''));
  return new Html(parts.join(''));
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === null || value === false) return '';
  if (typeof value === 'object') return value.map(render).join('');
  return escapeText(String(value));
}

/** JSON for a script element of type application/json: no `<` that could end the element. */
export function embeddedJson(value: unknown): Html {
  return new Html(
    JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  );
}

/** Something from the model: its own reading direction does not reach what is around it, and it breaks where its parts end. */
export function name(text: string): Html {
  const parts = cutText(text).split(/(?<=[./_])(?=[^./_])/);
  return html`<bdi class="name">${parts.map((part, index) => html`${index > 0 && BREAK}${part}`)}</bdi>`;
}

const BREAK = new Html('<wbr>');
