/** The candidates that a search begins with: methods, each with the settings that change most. Data, not branches. */
import type { Config } from '../../config/schema.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import type { QuantizerEntry } from '../../quantization/quantizer.ts';
import { refusalOf } from '../target.ts';

export interface Trial {
  /** Unique in a search; a folder name. */
  readonly id: string;
  /** For people: the method and what differs from its defaults; `mixed` where parts were left float. */
  readonly label: string;
  readonly entry: QuantizerEntry;
  /** Over those of the configuration. */
  readonly settings: Partial<Config['quantization']>;
}

interface Variant {
  readonly label: string;
  readonly settings: Partial<Config['quantization']>;
}

/** Method → settings that are worth a try besides its defaults. */
const VARIANTS: Readonly<Record<string, readonly Variant[]>> = {
  'static-int8': [
    { label: 'ranges by error', settings: { calibrationMethod: 'auto' } },
    { label: 'ranges by percentile', settings: { calibrationMethod: 'percentile' } },
    { label: 'no float stem', settings: { floatStem: false } },
  ],
  'weight-only': [{ label: '8 bits', settings: { weightBits: 8 } }],
};

/** Methods that do not apply to the model are left out; `skipped` says why. */
export async function firstTrials(
  entries: readonly QuantizerEntry[],
  model: OnnxModel,
  config: Config,
): Promise<{ trials: Trial[]; skipped: { entry: QuantizerEntry; reason: string }[] }> {
  const trials: Trial[] = [];
  const skipped: { entry: QuantizerEntry; reason: string }[] = [];
  for (const entry of entries) {
    const reason = refusalOf(config, entry.id) ?? (await entry.load()).requires(model)[0]?.args.reason;
    if (reason !== undefined) skipped.push({ entry, reason: String(reason) });
    else trials.push(...trialsOf(entry, config));
  }
  return { trials, skipped };
}

/** Of the variants those that are for the target. */
function trialsOf(entry: QuantizerEntry, { quantization }: Config): Trial[] {
  const isSuited = ({ settings }: Variant) =>
    refusalOf({ quantization: { ...quantization, ...settings } }, entry.id) === undefined;
  const variants = (VARIANTS[entry.id] ?? []).filter(isSuited);
  return [
    { id: entry.id, label: entry.id, entry, settings: {} },
    ...variants.map(({ label, settings }, index) => ({
      id: `${entry.id}-${index + 1}`,
      label: `${entry.id}, ${label}`,
      entry,
      settings,
    })),
  ];
}

/** `trial` with the named nodes left float. */
export function without(trial: Trial, nodes: readonly string[], groups: number): Trial {
  return {
    id: `${trial.id}-without-${groups}`,
    label: `mixed: ${trial.label}, ${groups} ${groups === 1 ? 'group' : 'groups'} float`,
    entry: trial.entry,
    settings: { ...trial.settings, excludeNodes: [...(trial.settings.excludeNodes ?? []), ...nodes] },
  };
}
