/** Defaults ← file ← environment ← flags, with every problem at once and the origin of each value. */
import { dirname, resolve } from 'node:path';
import { NimifyError } from '../base/errors.ts';
import { defaultDataFolder, type Environment } from '../base/paths.ts';
import { findConfigFile, readFileLayer } from './file-layer.ts';
import { type ConfigProblem, describeSource, type Layer, type LayerValue, type ValueSource } from './layer.ts';
import type { Config } from './schema.ts';
import { expectation } from './setting.ts';
import { SETTING_ENTRIES, type SettingEntry, type SettingKey, settingEntry } from './settings.ts';
import { environmentLayer, flagLayer, unknownVariables } from './text-layers.ts';

export interface ConfigRequest {
  readonly cwd: string;
  readonly env: Environment;
  readonly homeFolder: string;
  /** Path behind --config; without it the file is searched for. */
  readonly configPath?: string;
  /** Texts of flags, by key. */
  readonly flags?: Readonly<Partial<Record<SettingKey, string>>>;
}

interface ResolvedSetting {
  readonly entry: SettingEntry;
  readonly value: unknown;
  readonly source: ValueSource;
}

export interface LoadedConfig {
  readonly config: Config;
  /** In the order of the table. */
  readonly settings: readonly ResolvedSetting[];
  /** Absolute path, or null without a file. */
  readonly filePath: string | null;
  /** Sentences about environment variables that look like settings and are none. */
  readonly warnings: readonly string[];
}

const EMPTY: Layer = { values: [], problems: [] };

/**
 * @throws NimifyError CONFIG_UNREADABLE when the file is missing, unreadable or not YAML; CONFIG_INVALID with all
 * problems of all layers
 */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  const { cwd, env } = request;
  const filePath = request.configPath === undefined ? await findConfigFile(cwd) : resolve(cwd, request.configPath);
  const layers = [
    filePath === null ? EMPTY : await readFileLayer(filePath, cwd),
    environmentLayer(env),
    flagLayer(request.flags ?? {}),
  ];
  const values = layers.flatMap((layer) => layer.values);
  const problems = [...layers.flatMap((layer) => layer.problems), ...(await problemsOf(values))];
  if (problems.length > 0) throw invalid(problems);
  const settings = SETTING_ENTRIES.map((entry) => resolveSetting(entry, values, request, filePath));
  return { config: toConfig(settings), settings, filePath, warnings: unknownVariables(env) };
}

/** Most runs have nothing but defaults: then the library of the check, a tenth of a second, is not loaded. */
async function problemsOf(values: readonly LayerValue[]): Promise<ConfigProblem[]> {
  if (values.length === 0) return [];
  const { valueSchema } = await import('./schema.ts');
  return values.flatMap(({ key, value, source }) => {
    const { setting } = settingEntry(key);
    if (valueSchema(setting).safeParse(value).success) return [];
    const found = JSON.stringify(value) ?? 'empty';
    return [{ key, message: `${key} must be ${expectation(setting)}, not ${found}`, source }];
  });
}

function invalid(problems: readonly ConfigProblem[]): NimifyError {
  const lines = problems.map(({ message, source }) => `${describeSource(source)}  ${message}`);
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  return new NimifyError('CONFIG_INVALID', `The configuration has ${count}:\n  ${lines.join('\n  ')}`, {
    hint: 'nimify config explain lists every setting, its value and where it comes from.',
    details: { problems: problems.map(({ key, message, source }) => ({ key, message, ...source })) },
  });
}

function resolveSetting(
  entry: SettingEntry,
  values: readonly LayerValue[],
  request: ConfigRequest,
  filePath: string | null,
): ResolvedSetting {
  const winner = values.findLast((item) => item.key === entry.key) ?? {
    value: entry.setting.default,
    source: { kind: 'default' } as const,
  };
  if (entry.key !== 'dataFolder') return { entry, value: winner.value, source: winner.source };
  const base = winner.source.kind === 'file' && filePath !== null ? dirname(filePath) : request.cwd;
  const folder = (winner.value as string | null) ?? defaultDataFolder(request.env, request.homeFolder);
  return { entry, value: resolve(base, folder), source: winner.source };
}

/** Every value is a default of the table or was checked. */
function toConfig(settings: readonly ResolvedSetting[]): Config {
  const given = settings.filter(({ source }) => source.kind !== 'default').map(({ entry }) => entry.key);
  const tree: Record<string, unknown> = { given };
  for (const { entry, value } of settings) {
    const [section, key] = entry.path;
    if (key === undefined) tree[section as string] = value;
    else {
      tree[section as string] ??= {};
      (tree[section as string] as Record<string, unknown>)[key] = value;
    }
  }
  return tree as unknown as Config;
}
