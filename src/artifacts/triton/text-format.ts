/** Prints a message in protobuf text format: https://protobuf.dev/reference/protobuf/textformat-spec/ */

/** The name of an enum value, printed bare. */
export interface EnumName {
  readonly enumName: string;
}

type TextScalar = string | number | boolean | EnumName;
type TextValue = TextScalar | TextMessage | readonly TextScalar[] | readonly TextMessage[];

/** Field → value in order; undefined fields are left out, an empty array prints `[ ]`. */
export interface TextMessage {
  readonly [field: string]: TextValue | undefined;
}

export function enumName(name: string): EnumName {
  return { enumName: name };
}

/** @param comments lines put in front, each behind `# ` */
export function printTextFormat(message: TextMessage, comments: readonly string[] = []): string {
  return [...comments.map(comment), ...fieldLines(message), ''].join('\n');
}

/** Names of tensors come from the model: one with a line end must not leave its comment. */
function comment(line: string): string {
  return `# ${line.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')}`;
}

function fieldLines(message: TextMessage): string[] {
  return Object.entries(message).flatMap(([name, value]) => (value === undefined ? [] : fieldLine(name, value)));
}

function fieldLine(name: string, value: TextValue): string[] {
  if (Array.isArray(value)) return listLines(name, value as readonly (TextScalar | TextMessage)[]);
  if (isScalar(value as TextScalar | TextMessage)) return [`${name}: ${scalar(value as TextScalar)}`];
  return [`${name} {`, ...indent(fieldLines(value as TextMessage)), '}'];
}

function listLines(name: string, values: readonly (TextScalar | TextMessage)[]): string[] {
  if (values.length === 0) return [`${name}: [ ]`];
  if (values.every(isScalar)) return [`${name}: [ ${values.map(scalar).join(', ')} ]`];
  // The specification allows no comma after the last element.
  const items = values.flatMap((value, index) => [
    '{',
    ...indent(fieldLines(value as TextMessage)),
    index === values.length - 1 ? '}' : '},',
  ]);
  return [`${name} [`, ...indent(items), ']'];
}

function isScalar(value: TextScalar | TextMessage): value is TextScalar {
  return typeof value !== 'object' || typeof (value as EnumName).enumName === 'string';
}

function scalar(value: TextScalar): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' ? value.enumName : String(value);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text stays UTF-8; only quotes, backslashes and control characters are escaped. */
function quote(text: string): string {
  const escaped = [...text].map((char) => {
    const code = char.codePointAt(0) as number;
    return ESCAPES[char] ?? (code < 32 || code === 127 ? `\\${code.toString(8).padStart(3, '0')}` : char);
  });
  return `"${escaped.join('')}"`;
}
