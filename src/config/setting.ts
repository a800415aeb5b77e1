/** What one setting is: plain data, so that flags and help are made without loading a schema library. */

interface SettingBase<T> {
  readonly default: T;
  readonly description: string;
  /** Where the command line has a flag of its own for the key. */
  readonly flag?: string;
  readonly isNullable: boolean;
}

interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  /** Exclusive bounds. */
  readonly above?: number;
  readonly below?: number;
}

/** `T` is the type of the value; `kind` decides how text becomes a value and how the value is checked. */
export type Setting<T = unknown> = SettingBase<T> &
  (
    | ({ readonly kind: 'integer' | 'number' } & NumberLimits)
    | { readonly kind: 'numbers'; readonly above?: number; readonly minItems: number; readonly maxItems: number }
    | { readonly kind: 'text'; readonly pattern?: string; readonly shape?: string }
    | { readonly kind: 'texts' }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
    | { readonly kind: 'boolean' }
  );

type Flag = { readonly flag?: string };

export function integer(value: number, description: string, options: Flag & NumberLimits = {}): Setting<number> {
  return { kind: 'integer', default: value, description, isNullable: false, ...options };
}

export function optionalInteger(description: string, options: Flag & NumberLimits = {}): Setting<number | null> {
  return { kind: 'integer', default: null, description, isNullable: true, ...options };
}

export function decimal(value: number, description: string, options: Flag & NumberLimits = {}): Setting<number> {
  return { kind: 'number', default: value, description, isNullable: false, ...options };
}

export function optionalDecimal(description: string, options: Flag & NumberLimits = {}): Setting<number | null> {
  return { kind: 'number', default: null, description, isNullable: true, ...options };
}

export function optionalDecimals(
  description: string,
  options: Flag & { readonly above?: number; readonly minItems: number; readonly maxItems: number },
): Setting<number[] | null> {
  return { kind: 'numbers', default: null, description, isNullable: true, ...options };
}

/** @param options `pattern` is a regular expression; `shape` says the same to people */
export function text(
  value: string,
  description: string,
  options: Flag & { readonly pattern?: string; readonly shape?: string } = {},
): Setting<string> {
  return { kind: 'text', default: value, description, isNullable: false, ...options };
}

export function optionalText(description: string, options: Flag = {}): Setting<string | null> {
  return { kind: 'text', default: null, description, isNullable: true, ...options };
}

export function texts(value: string[], description: string, options: Flag = {}): Setting<string[]> {
  return { kind: 'texts', default: value, description, isNullable: false, ...options };
}

export function choice<const C extends readonly string[]>(
  choices: C,
  value: C[number],
  description: string,
  options: Flag = {},
): Setting<C[number]> {
  return { kind: 'choice', choices, default: value, description, isNullable: false, ...options };
}

export function yesNo(value: boolean, description: string, options: Flag = {}): Setting<boolean> {
  return { kind: 'boolean', default: value, description, isNullable: false, ...options };
}

export function optionalChoice<const C extends readonly string[]>(
  choices: C,
  description: string,
  options: Flag = {},
): Setting<C[number] | null> {
  return { kind: 'choice', choices, default: null, description, isNullable: true, ...options };
}

/** What a value of this setting must be, as it stands behind "must be". */
export function expectation(setting: Setting): string {
  const words = expectedWords(setting);
  return setting.isNullable ? `${words}, or null` : words;
}

function expectedWords(setting: Setting): string {
  switch (setting.kind) {
    case 'integer':
      return `a whole number${limits(setting)}`;
    case 'number':
      return `a number${limits(setting)}`;
    case 'numbers':
      return `a list of ${setting.minItems} to ${setting.maxItems} numbers${limits(setting)}`;
    case 'texts':
      return 'a list of texts';
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${setting.choices.join(', ')}`;
    case 'text':
      return setting.shape ?? 'a text';
  }
}

function limits({ min, max, above, below }: NumberLimits): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (above !== undefined && below !== undefined) return ` between ${above} and ${below}`;
  if (min !== undefined) return ` of at least ${min}`;
  if (above !== undefined) return ` greater than ${above}`;
  return '';
}

/**
 * Turns the text of an environment variable or a flag into a value. Text that does not fit comes back as it is, so
 * that the check can name it.
 */
export function valueOfText(setting: Setting, given: string): unknown {
  const trimmed = given.trim();
  if (setting.isNullable && trimmed === 'null') return null;
  switch (setting.kind) {
    case 'integer':
    case 'number':
      return numberOf(trimmed);
    case 'numbers':
      return listOf(trimmed).map(numberOf);
    case 'texts':
      return listOf(trimmed);
    case 'boolean':
      return BOOLEANS.get(trimmed.toLowerCase()) ?? given;
    default:
      return given;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

function numberOf(given: string): unknown {
  const value = Number(given);
  return given === '' || !Number.isFinite(value) ? given : value;
}

function listOf(given: string): string[] {
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
