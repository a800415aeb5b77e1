/** The configuration file as text, made from the table of settings. */
import { expectation, type Setting } from './setting.ts';
import { isSetting, SETTINGS, type SettingKey, settingEntry } from './settings.ts';

const HEADER = `# Configuration of nimify. Every key is optional; the values below are the defaults.
# Flags win over NIMIFY_* environment variables, and those win over this file.
# nimify config explain shows each value and where it comes from.
`;

export interface ExampleOptions {
  /** Keys stand behind a comment sign, so that later defaults still apply. */
  readonly isCommented: boolean;
}

export function exampleConfig({ isCommented }: ExampleOptions): string {
  const mark = isCommented ? '# ' : '';
  const blocks = Object.entries(SETTINGS).map(([name, node]) => {
    if (isSetting(node)) return settingLines(name as SettingKey, node, '', mark).join('\n');
    const lines = Object.entries(node).flatMap(([key, setting]) =>
      settingLines(`${name}.${key}` as SettingKey, setting, '  ', mark),
    );
    return [`${name}:`, ...lines].join('\n');
  });
  return `${HEADER}\n${blocks.join('\n\n')}\n`;
}

function settingLines(key: SettingKey, setting: Setting, indent: string, mark: string): string[] {
  const { envName, path } = settingEntry(key);
  const also = [envName, setting.flag].filter((name) => name !== undefined).join(', ');
  return [
    `${indent}# ${setting.description}`,
    `${indent}# ${expectation(setting)} · ${also}`,
    `${indent}${mark}${path.at(-1)}: ${yamlValue(setting)}`,
  ];
}

/** Flow style, which is valid YAML for all values of the table; texts are quoted as JSON quotes them. */
function yamlValue({ default: value }: Setting): string {
  return Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(value);
}
