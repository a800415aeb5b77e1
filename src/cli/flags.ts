/** Flags that several commands share. */
import { SEVERITIES } from '../base/findings.ts';
import type { Setting } from '../config/setting.ts';
import { type SettingKey, settingEntry } from '../config/settings.ts';
import { PROGRESS_MODES } from '../ui/progress/modes.ts';
import type { CommandSpec, FlagSpec } from './command-spec.ts';

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { flag: '--json', description: 'Print one JSON document and nothing else on standard output.' },
  {
    flag: '--progress',
    value: 'MODE',
    description: 'How to show progress.',
    choices: PROGRESS_MODES,
    standard: 'auto',
  },
  { flag: '--config', value: 'FILE', description: 'Configuration file; searched for by default.', completes: 'file' },
  { flag: '--yes', description: 'Answer yes to every question.' },
  { flag: '--debug', description: 'Log more, and show where errors come from.' },
  { flag: '--no-color', description: 'No colours, as with NO_COLOR=1.' },
];

export const HELP_FLAG: FlagSpec = { flag: '--help', short: '-h', description: 'Show this help.' };
export const VERSION_FLAG: FlagSpec = { flag: '--version', short: '-V', description: 'Show the version.' };

export const BIND_FLAG: FlagSpec = {
  flag: '--bind',
  value: 'NAME=SIZE',
  description:
    'Size of a dynamic dimension, by its name or by INPUT:AXIS. May be given often, or as a list with commas.',
  isRepeatable: true,
};

export const DATA_FLAGS: readonly FlagSpec[] = [
  {
    flag: '--data',
    value: 'PATH',
    description: 'Samples, a file or a folder; nimify help data lists the kinds. Without it: random noise.',
    completes: 'file',
  },
  {
    flag: '--data-command',
    value: 'COMMAND',
    description: 'A line of shell that prints samples: JSON Lines, or a .npz file. It is run once, instead of --data.',
  },
  BIND_FLAG,
];

/** For commands that calibrate and evaluate. */
export const SPLIT_FLAGS: readonly FlagSpec[] = [
  {
    flag: '--calibration-data',
    value: 'PATH',
    description: 'Samples for calibration, where the data is split already; with --evaluation-data, instead of --data.',
    completes: 'file',
  },
  {
    flag: '--evaluation-data',
    value: 'PATH',
    description: 'Samples for evaluation; none should be among those for calibration.',
    completes: 'file',
  },
  { flag: '--share-data', description: 'Calibrate and evaluate on the same samples; figures will flatter.' },
];

export const OUTPUT_FLAG: FlagSpec = {
  flag: '--output',
  short: '-o',
  value: 'PATH',
  description: 'Where to write.',
  completes: 'file',
};

export const FORCE_FLAG: FlagSpec = { flag: '--force', description: 'Replace what is already there.' };

export const REPORT_FLAG: FlagSpec = {
  flag: '--report',
  value: 'FOLDER',
  description: 'Folder to make, with all that was measured.',
  completes: 'folder',
};

export const FAIL_ON_FLAG: FlagSpec = {
  flag: '--fail-on',
  value: 'SEVERITY',
  description: 'Exit with 3 when a finding is as grave as this.',
  choices: SEVERITIES,
};

/** What `scan` can print or write. */
export const SCAN_FORMATS = ['text', 'json', 'sarif'] as const;
/** What `validate` can. */
export const VALIDATE_FORMATS = [...SCAN_FORMATS, 'junit', 'github'] as const;

export const PAGE_FLAGS: readonly FlagSpec[] = [
  { flag: '--limit', value: 'N', description: 'Entries per page.', standard: '20' },
  { flag: '--cursor', value: 'CURSOR', description: 'Go on where the last page ended.' },
];

/** The flags of the settings that a command takes. */
export function settingFlags(spec: CommandSpec): readonly (FlagSpec & { readonly key: SettingKey })[] {
  return (spec.settings ?? []).map((key) => {
    const { setting } = settingEntry(key);
    return {
      key,
      flag: setting.flag as string,
      ...(setting.kind === 'boolean' ? {} : { value: valueName(setting) }),
      description: setting.description,
      ...(setting.kind === 'choice' ? { choices: setting.choices } : {}),
      ...(setting.kind === 'boolean' || setting.default === null ? {} : { standard: String(setting.default) }),
    };
  });
}

function valueName({ kind }: Setting): string {
  const names = {
    integer: 'N',
    number: 'X',
    numbers: 'LIST',
    texts: 'LIST',
    text: 'TEXT',
    choice: 'WORD',
    boolean: '',
  };
  return names[kind];
}

/** Everything that may be typed behind a command, its own flags first. */
export function allFlags(spec: CommandSpec): readonly FlagSpec[] {
  return [...(spec.flags ?? []), ...settingFlags(spec), ...GLOBAL_FLAGS, HELP_FLAG];
}
