/** Characters that cannot be seen and texts that look like code. */

/** Class of characters → what it is called. The classes of Unicode TS 39 that fool the eye or a terminal. */
const HIDDEN: readonly (readonly [RegExp, string])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  [/[\u0000-\u001f\u007f-\u009f]/, 'control characters'],
  [/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/, 'characters that change the direction'],
  [/[\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u180e]/, 'characters without a width'],
  [/[\u{e0000}-\u{e007f}]/u, 'tag characters'],
];

/** Printable ASCII, as nearly all names are. */
const PLAIN = /^[\u0020-\u007e]*$/;

/** What is invisible in a name, or undefined. */
export function hiddenCharacters(name: string): string | undefined {
  if (PLAIN.test(name)) return undefined;
  const found = HIDDEN.filter(([pattern]) => pattern.test(name)).map(([, what]) => what);
  return found.length === 0 ? undefined : found.join(' and ');
}

/** What code looks like in a text that should be data. */
const CODE: readonly (readonly [RegExp, string])[] = [
  [
    /__import__\s*\(|(?<![.\w])(?:eval|exec)\s*\(|\bos\.(?:system|popen)\b|\bsubprocess\.\w+\s*\(|\bpickle\.loads?\b/,
    'Python',
  ],
  [/<script\b|\bjavascript:|\bon(?:error|load)\s*=/i, 'HTML with a script'],
  [/\b(?:curl|wget)\b[^\n]{0,200}\|\s*(?:ba|z)?sh\b|\/bin\/(?:ba)?sh\s+-c/, 'a shell command'],
  [/(?:^|[^A-Za-z0-9+/])(?:gAS[VW]|f0VMRg|TVqQAA)[A-Za-z0-9+/]{20}/, 'a pickle or a program in base64'],
];

/** Which language the text speaks, or undefined. Looks at the first 256 KiB. */
export function codeIn(text: string): string | undefined {
  const head = text.slice(0, 256 << 10);
  return CODE.find(([pattern]) => pattern.test(head))?.[1];
}
