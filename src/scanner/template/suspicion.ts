/** What in a chat template reaches for more than text: a table of names and the walk over the tokens. */
import { type Token, templateTokens } from './tokens.ts';

/** Attributes by which Python code is reached from a harmless object. Source: sandbox escapes of Jinja. */
const REACHING = new Set([
  ...[
    'mro',
    'func_globals',
    'func_code',
    'gi_frame',
    'gi_code',
    'cr_frame',
    'cr_code',
    'ag_frame',
    'f_globals',
    'f_locals',
  ],
  ...['f_builtins', 'f_back', 'tb_frame', 'tb_next', 'im_func', 'im_self', 'im_class', 'format_map', 'from_string'],
]);
/** Globals of Jinja and Flask that no chat template needs, each a way to Python. */
const WAYS_OUT = new Set(['lipsum', 'cycler', 'joiner', 'self', 'url_for', 'get_flashed_messages']);
/** Statements that load other templates. */
const LOADING = new Set(['import', 'from', 'include', 'extends']);
const DUNDER = /^__\w+__$/;
/** `range` of more than this keeps the machine busy. */
const MAX_RANGE = 1_000_000;

export interface Suspicion {
  /** A predicate such as "reads the attribute __class__". */
  readonly what: string;
  readonly severity: 'error' | 'warning';
}

/** Characters of a template; those of real models stay below 50 000. */
const MAX_TEMPLATE = 1 << 20;

/** Each once, in the order of the template. */
export function suspicions(template: string): Suspicion[] {
  if (template.length > MAX_TEMPLATE) {
    return [{ what: `has ${template.length} characters, more than are looked at`, severity: 'error' }];
  }
  const tokens = joinTexts(templateTokens(template));
  const found = tokens.flatMap((token, index) => {
    const what = suspicion(token, tokens[index - 1], tokens[index + 1], tokens[index + 2]);
    return what === undefined ? [] : [what];
  });
  // Loading fails where there is no loader, and counting only takes time; the rest is a way to run code.
  const isMild = (what: string): boolean => what.startsWith('loads ') || what.startsWith('counts ');
  return [...new Set(found)].map((what) => ({ what, severity: isMild(what) ? 'warning' : 'error' }));
}

function suspicion(token: Token, before?: Token, after?: Token, next?: Token): string | undefined {
  const { kind, value } = token;
  const isSign = (other: Token | undefined, sign: string): boolean => other?.kind === 'sign' && other.value === sign;
  if (kind === 'text') return DUNDER.test(value.trim()) ? `holds the name ${value.trim()}` : attributePath(value);
  if (kind !== 'name') return undefined;
  if (isSign(before, '.') && (value.startsWith('__') || REACHING.has(value))) return `reads the attribute ${value}`;
  if (isSign(before, '|') && value === 'attr') return 'uses the filter attr';
  if (isSign(before, '{%') && LOADING.has(value)) return `loads another template with ${value}`;
  const isFree = !isSign(before, '.') && !isSign(before, '|');
  if (isFree && DUNDER.test(value)) return `names ${value}`;
  // A variable of this name is fine; reaching into it is not.
  if (isFree && WAYS_OUT.has(value) && isSign(after, '.')) return `reaches into ${value}`;
  if (isFree && value === 'range' && isSign(after, '(') && Number(next?.value) > MAX_RANGE)
    return `counts to ${next?.value}`;
  return undefined;
}

/** `map(attribute='a.__class__')` and format strings such as `{0.__class__}`. */
function attributePath(text: string): string | undefined {
  const name = /(?:^|[\w\]})]\.|\{[\w.]*\.)(__\w+__)/.exec(text)?.[1];
  return name !== undefined && /^[\w.{}[\]:!]*$/.test(text) ? `holds the name ${name}` : undefined;
}

/** `'__cl' ~ 'ass__'` and `'__cl' + 'ass__'` are one text, as are neighbours. */
function joinTexts(tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    const beforeLast = joined.at(-2);
    if (token.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', value: last.value + token.value };
    } else if (token.kind === 'text' && (last?.value === '~' || last?.value === '+') && beforeLast?.kind === 'text') {
      joined.splice(-2, 2, { kind: 'text', value: beforeLast.value + token.value });
    } else joined.push(token);
  }
  return joined;
}
