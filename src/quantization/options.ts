/** Which settings of the configuration become options of a method. */
import type { JsonValue } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { QuantizerEntry } from './quantizer.ts';

/** Every method takes these today; what a method does not take is an error in its schema. */
const SHARED = ['perChannel', 'reduceRange', 'opTypes', 'excludeNodes'] as const;

/** Options for `run` of the given method, out of the section `quantization` of the configuration. */
export function methodOptions(
  _entry: QuantizerEntry,
  settings: Config['quantization'],
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(SHARED.map((name) => [name, settings[name]]));
}
