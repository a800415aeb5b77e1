import { describeSource } from '../../config/layer.ts';
import { explainReport } from '../../ui/report/config.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { settings, filePath, warnings } = await call.loadConfig();
  const items = settings.map(({ entry, value, source }) => ({
    key: entry.key,
    value,
    source: describeSource(source),
    environment: entry.envName,
    flag: entry.setting.flag ?? null,
    description: entry.setting.description,
  }));
  return {
    result: { file: filePath, settings: items, warnings },
    report: (style) => explainReport(style, items, filePath, warnings),
  };
}
