/** What a running command shares: configuration, log, progress. Each is opened on first use and closed once. */
import { systemClock } from '../base/clock.ts';
import { openLog } from '../base/log.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { SettingKey } from '../config/settings.ts';
import type { PipelineDeps } from '../pipeline/requests.ts';
import type { Terminal } from '../ui/io.ts';
import type { ProgressMode } from '../ui/progress/modes.ts';
import { openProgress, type ProgressRenderer } from '../ui/progress/renderer.ts';
import { Call } from './call.ts';
import { settingFlags } from './flags.ts';
import type { FlagValue, Parsed } from './parse.ts';
import type { ProcessIo } from './process-io.ts';

type ParsedCommand = Extract<Parsed, { readonly kind: 'command' }>;

export class Session {
  readonly call: Call;
  readonly #io: ProcessIo;
  readonly #terminal: Terminal;
  readonly #parsed: ParsedCommand;
  #progress: ProgressRenderer | undefined;

  constructor(parsed: ParsedCommand, terminal: Terminal, io: ProcessIo) {
    this.#parsed = parsed;
    this.#terminal = terminal;
    this.#io = io;
    this.call = new Call({
      ...parsed,
      io,
      loadConfig: () => this.#loadConfig(),
      openDeps: () => this.#openDeps(),
    });
  }

  /** Nothing may be printed before this. */
  async close(): Promise<void> {
    const progress = this.#progress;
    this.#progress = undefined;
    await progress?.close();
  }

  async #loadConfig(): Promise<LoadedConfig> {
    const { loadConfig } = await import('../config/load.ts');
    const configPath = this.call.text('config');
    return loadConfig({
      cwd: this.#io.cwd,
      env: this.#io.env,
      homeFolder: this.#io.homeFolder,
      flags: flagsByKey(this.#parsed),
      ...(configPath === undefined ? {} : { configPath }),
    });
  }

  async #openDeps(): Promise<PipelineDeps> {
    const { config, warnings } = await this.#loadConfig();
    const level = this.call.has('debug') ? 'debug' : config.log.level;
    const log = openLog(level);
    const progress = await openProgress({
      mode: (this.call.text('progress') ?? 'auto') as ProgressMode,
      terminal: this.#terminal,
      clock: systemClock,
      isLogging: ['trace', 'debug', 'info'].includes(level),
    });
    this.#progress = progress;
    for (const message of warnings) progress.emit({ type: 'notice', level: 'warning', message });
    const deps = { config, log, emit: progress.emit, signal: this.#io.signal, clock: systemClock };
    return { ...deps, ...(await this.#calibrationCache(deps)) };
  }

  /** A dry run takes what is there and writes nothing. */
  async #calibrationCache({ config, clock, log }: PipelineDeps): Promise<Pick<PipelineDeps, 'calibrationCache'>> {
    if (this.#parsed.spec.settings?.includes('quantization.calibrationCache') !== true) return {};
    const { catalogCalibrationCache } = await import('../pipeline/calibration-cache.ts');
    const isReadOnly = this.call.has('dry-run');
    return { calibrationCache: catalogCalibrationCache({ folder: config.dataFolder, clock, log, isReadOnly }) };
  }
}

function flagsByKey({ spec, flags }: ParsedCommand): Partial<Record<SettingKey, string>> {
  return Object.fromEntries(
    settingFlags(spec).flatMap(({ key, flag }) => {
      const value: FlagValue | undefined = flags.get(flag.slice(2));
      return value === undefined ? [] : [[key, String(value)] as const];
    }),
  );
}
