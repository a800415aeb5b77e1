/** The check of a configuration, made from the table of settings, and its JSON Schema. */
import { z } from 'zod';
import type { Setting } from './setting.ts';
import { isSetting, type ParsedConfig, SETTINGS, type SettingKey } from './settings.ts';

/** `dataFolder` is an absolute path once the configuration is loaded. */
export type Config = Omit<ParsedConfig, 'dataFolder'> & {
  readonly dataFolder: string;
  /** Keys that somebody set; the values of all others are defaults, which a target may replace. */
  readonly given: readonly SettingKey[];
};

/** The check of one value; defaults and descriptions are not part of it. */
export function valueSchema(setting: Setting): z.ZodType {
  const schema = bareSchema(setting);
  return setting.isNullable ? schema.nullable() : schema;
}

function bareSchema(setting: Setting): z.ZodType {
  switch (setting.kind) {
    case 'integer':
      return limited(z.int(), setting);
    case 'number':
      return limited(z.number(), setting);
    case 'numbers':
      return z.array(limited(z.number(), setting)).min(setting.minItems).max(setting.maxItems);
    case 'texts':
      return z.array(z.string());
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum([...setting.choices]);
    case 'text':
      return setting.pattern === undefined ? z.string() : z.string().regex(new RegExp(setting.pattern));
  }
}

function limited<S extends z.ZodNumber>(
  schema: S,
  limits: { readonly min?: number; readonly max?: number; readonly above?: number; readonly below?: number },
): S {
  let result = schema;
  if (limits.min !== undefined) result = result.min(limits.min);
  if (limits.max !== undefined) result = result.max(limits.max);
  if (limits.above !== undefined) result = result.gt(limits.above);
  if (limits.below !== undefined) result = result.lt(limits.below);
  return result;
}

function documented(setting: Setting): z.ZodType {
  const { description, flag } = setting;
  return valueSchema(setting)
    .default(setting.default)
    .meta({ description, ...(flag === undefined ? {} : { flag }) });
}

function objectSchema(settings: Readonly<Record<string, Setting>>): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(settings).map(([name, item]) => [name, documented(item)])));
}

/** Fills in defaults; unknown keys are errors. */
export const configSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(SETTINGS).map(([name, node]) => [
      name,
      isSetting(node) ? documented(node) : objectSchema(node).prefault({}),
    ]),
  ),
) as unknown as z.ZodType<ParsedConfig>;

/** JSON Schema (draft 2020-12) of the configuration file, for editors and other tools. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return { ...schema, title: 'nimify configuration' };
}
