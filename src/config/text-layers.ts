/** Environment variables and flags as layers. */

import { closest } from '../base/closest.ts';
import type { Environment } from '../base/paths.ts';
import type { Layer, LayerValue } from './layer.ts';
import { valueOfText } from './setting.ts';
import { SETTING_ENTRIES, type SettingKey, settingEntry } from './settings.ts';

const PREFIX = 'NIMIFY_';
/** The data folder under its short name; NIMIFY_DATA_FOLDER wins where both are set. */
const HOME_NAME = 'NIMIFY_HOME';

/** Variables that are set but empty count as not set. */
export function environmentLayer(env: Environment): Layer {
  const values = SETTING_ENTRIES.flatMap((entry): LayerValue[] => {
    const names = entry.key === 'dataFolder' ? [entry.envName, HOME_NAME] : [entry.envName];
    const name = names.find((candidate) => env[candidate] !== undefined && env[candidate] !== '');
    if (name === undefined) return [];
    const value = valueOfText(entry.setting, env[name] as string);
    return [{ key: entry.key, value, source: { kind: 'environment', name } }];
  });
  return { values, problems: [] };
}

/**
 * Sentences about NIMIFY_ variables that no setting has. They are warnings and no errors, because such a variable may
 * belong to a newer nimify or to somebody else.
 */
export function unknownVariables(env: Environment): string[] {
  const known = [...SETTING_ENTRIES.map((entry) => entry.envName), HOME_NAME];
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .sort()
    .map((name) => {
      const near = closest(name, known);
      return `The environment variable ${name} is not a setting${near === undefined ? '' : `; did you mean ${near}?`}`;
    });
}

/** @param flags texts as typed, by key */
export function flagLayer(flags: Readonly<Partial<Record<SettingKey, string>>>): Layer {
  const values = Object.entries(flags).map(([name, given]): LayerValue => {
    const { key, setting } = settingEntry(name as SettingKey);
    return { key, value: valueOfText(setting, given), source: { kind: 'flag', flag: setting.flag ?? key } };
  });
  return { values, problems: [] };
}
