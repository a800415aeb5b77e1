import { describeSource } from '../../config/layer.ts';
import { presetOf } from '../../pipeline/target.ts';
import { explainReport } from '../../ui/report/config.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { config, settings, filePath, warnings } = await call.loadConfig();
  const { target } = config.quantization;
  const preset = new Map(Object.entries(presetOf(config)).map(([name, value]) => [`quantization.${name}`, value]));
  const items = settings.map(({ entry, value, source }) => ({
    key: entry.key,
    value: preset.get(entry.key) ?? value,
    source: preset.has(entry.key) ? `target ${target}` : describeSource(source),
    environment: entry.envName,
    flag: entry.setting.flag ?? null,
    description: entry.setting.description,
  }));
  return {
    result: { file: filePath, settings: items, warnings },
    report: (style) => explainReport(style, items, filePath, warnings),
  };
}
