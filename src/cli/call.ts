/** One call of a command: its words and flags, and the door to what it needs from outside. */
import { NimifyError } from '../base/errors.ts';
import { parseBytes } from '../base/units.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { DataRequest, PipelineDeps } from '../pipeline/requests.ts';
import type { CommandSpec } from './command-spec.ts';
import type { FlagValue } from './parse.ts';
import type { ProcessIo } from './process-io.ts';

export interface CallRequest {
  readonly spec: CommandSpec;
  readonly path: readonly string[];
  readonly operands: readonly string[];
  readonly flags: ReadonlyMap<string, FlagValue>;
  readonly io: ProcessIo;
  readonly loadConfig: () => Promise<LoadedConfig>;
  readonly openDeps: () => Promise<PipelineDeps>;
}

export class Call {
  readonly spec: CommandSpec;
  readonly io: ProcessIo;
  readonly operands: readonly string[];
  readonly loadConfig: () => Promise<LoadedConfig>;
  /** Loads the configuration and opens the log and the display of progress. */
  readonly openDeps: () => Promise<PipelineDeps>;
  readonly #flags: ReadonlyMap<string, FlagValue>;

  constructor({ spec, operands, flags, io, loadConfig, openDeps }: CallRequest) {
    this.spec = spec;
    this.operands = operands;
    this.io = io;
    this.loadConfig = loadConfig;
    this.openDeps = openDeps;
    this.#flags = flags;
  }

  /** The word at this place; the parser has made sure that required ones are there. */
  operand(index: number): string {
    return this.operands[index] as string;
  }

  has(flag: string): boolean {
    return this.#flags.get(flag) === true;
  }

  text(flag: string): string | undefined {
    const value = this.#flags.get(flag);
    return typeof value === 'string' ? value : undefined;
  }

  /** @throws NimifyError USAGE for a value that is not a number of bytes, with a unit or without */
  bytes(flag: string): number | undefined {
    const text = this.text(flag);
    const bytes = text === undefined ? undefined : parseBytes(text);
    if (text === undefined || bytes !== undefined) return bytes;
    throw new NimifyError('USAGE', `--${flag} ${text} is not a number of bytes, such as 4096, 64KiB or 2GB.`);
  }

  /** @throws NimifyError USAGE for a value that is not a whole number of at least 1 */
  count(flag: string): number | undefined {
    const text = this.text(flag);
    if (text === undefined) return undefined;
    if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
    throw new NimifyError('USAGE', `--${flag} must be a whole number of at least 1, not ${text}.`);
  }

  list(flag: string): readonly string[] {
    const value = this.#flags.get(flag);
    return Array.isArray(value) ? value : [];
  }

  /** The words of a flag that takes a list with commas and may be given often. */
  words(flag: string): string[] {
    return this.list(flag).flatMap((text) => text.split(',').map((word) => word.trim()));
  }

  /** @throws NimifyError USAGE for a --bind that is not NAME=SIZE */
  bindings(): Readonly<Record<string, number>> {
    return parseBindings(this.list('bind'));
  }

  /** @throws NimifyError USAGE as bindings(), and for flags that name data in two ways */
  data(): DataRequest {
    const [path, command, calibration, evaluation] = DATA_WAYS.map((flag) => this.text(flag));
    checkDataFlags(
      DATA_WAYS.filter((flag) => this.text(flag) !== undefined),
      this.has('share-data'),
    );
    return {
      bind: this.bindings(),
      ...(path === undefined ? {} : { path }),
      ...(command === undefined ? {} : { command }),
      ...(calibration === undefined || evaluation === undefined ? {} : { split: { calibration, evaluation } }),
      ...(this.has('share-data') ? { isShared: true } : {}),
    };
  }

  /** @throws NimifyError USAGE for a --limit that is not a whole number from 1 to 1000 */
  page(): { readonly limit: number; readonly cursor?: string } {
    const cursor = this.text('cursor');
    return { limit: parseLimit(this.text('limit')), ...(cursor === undefined ? {} : { cursor }) };
  }
}

const DATA_WAYS = ['data', 'data-command', 'calibration-data', 'evaluation-data'] as const;

/** One way to name data, or the two flags of data that is split already. */
function checkDataFlags(given: readonly string[], isShared: boolean): void {
  const isSplit = given.join() === 'calibration-data,evaluation-data';
  const flags = given.map((flag) => `--${flag}`).join(' and ');
  if (isSplit && isShared) {
    throw new NimifyError('USAGE', `${flags} name two sets, and --share-data asks for one.`, {
      hint: 'Leave --share-data out: a finding says which samples are in both.',
    });
  }
  if (isSplit || (given.length <= 1 && !/-data$/.test(given[0] ?? ''))) return;
  throw new NimifyError(
    'USAGE',
    given.length === 1 ? `${flags} needs the other part too.` : `${flags} do not go together.`,
    { hint: 'Give --data PATH, --data-command COMMAND, or both --calibration-data PATH and --evaluation-data PATH.' },
  );
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new NimifyError('USAGE', `--limit must be a whole number from 1 to ${MAX_LIMIT}, not ${text}.`);
}

/** `batch=4`, `input:0=4`, or several with commas. The last `=` parts name and size. */
function parseBindings(items: readonly string[]): Record<string, number> {
  const bindings: Record<string, number> = {};
  for (const item of items.flatMap((text) => text.split(','))) {
    const [, name, size] = /^(.+)=([1-9]\d*)$/.exec(item.trim()) ?? [];
    if (name === undefined || !Number.isSafeInteger(Number(size))) {
      throw new NimifyError('USAGE', `--bind ${item} is not NAME=SIZE with a whole number of at least 1.`, {
        hint: 'For example: --bind batch=1,length=128 or --bind input:0=1',
      });
    }
    bindings[name] = Number(size);
  }
  return bindings;
}
