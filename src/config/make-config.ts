/** A configuration for programs that import nimify: defaults and given values, without files, variables and flags. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import { defaultDataFolder, type Environment } from '../base/paths.ts';
import { type Config, configSchema } from './schema.ts';
import { type ParsedConfig, SETTING_ENTRIES } from './settings.ts';

/** Any part of a configuration, such as `{ quantization: { perChannel: false } }`. */
export type ConfigValues = {
  readonly [S in keyof ParsedConfig]?: ParsedConfig[S] extends object ? Partial<ParsedConfig[S]> : ParsedConfig[S];
};

/**
 * @param env where the data folder may be named (NIMIFY_HOME, XDG_DATA_HOME)
 * @throws NimifyError CONFIG_INVALID that lists every problem: unknown keys, wrong types, values out of their limits
 */
export function makeConfig(values: ConfigValues = {}, env: Environment = process.env): Config {
  const parsed = configSchema.safeParse(values);
  if (parsed.success) {
    const { dataFolder } = parsed.data;
    const given = SETTING_ENTRIES.filter(({ path }) => isGiven(values, path)).map(({ key }) => key);
    return { ...parsed.data, dataFolder: resolve(dataFolder ?? defaultDataFolder(env, homedir())), given };
  }
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`);
  throw new NimifyError('CONFIG_INVALID', `The configuration has problems:\n  ${problems.join('\n  ')}`, {
    hint: 'nimify config explain lists every setting and what it takes.',
    details: { problems },
  });
}

function isGiven(values: ConfigValues, path: readonly string[]): boolean {
  const value = path.reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], values);
  return value !== undefined;
}
