/** Which settings of the configuration become options of a method. */
import type { JsonValue } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { QuantizerEntry } from './quantizer.ts';

/** Options for `run` of the given method, out of the section `quantization` of the configuration. */
export function methodOptions(
  entry: QuantizerEntry,
  settings: Config['quantization'],
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(entry.settings.map((name) => [name, settings[name]]));
}
