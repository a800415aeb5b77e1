/** The commands around models: what was recorded, and this installation. Data, as program.ts. */
import type { CommandSpec } from './command-spec.ts';
import { FAIL_ON_FLAG, FORCE_FLAG, PAGE_FLAGS } from './flags.ts';

const VERSION_ARGUMENT = {
  name: 'version',
  description: 'NAME for the newest, NAME@NUMBER, or the beginning of a digest.',
} as const;

const CATALOG: CommandSpec = {
  name: 'catalog',
  group: 'Records',
  summary: 'Look up what create has recorded',
  commands: [
    {
      name: 'list',
      summary: 'All versions, the newest first',
      flags: PAGE_FLAGS,
      load: () => import('./commands/catalog-list.ts'),
    },
    {
      name: 'search',
      summary: 'Versions whose name, method, source or digest has a text',
      arguments: [{ name: 'text', description: 'What to look for.' }],
      flags: PAGE_FLAGS,
      load: () => import('./commands/catalog-search.ts'),
    },
    {
      name: 'show',
      summary: 'Everything about one version',
      arguments: [VERSION_ARGUMENT],
      load: () => import('./commands/catalog-show.ts'),
    },
    {
      name: 'lineage',
      summary: 'What came from what, by digest',
      arguments: [VERSION_ARGUMENT],
      load: () => import('./commands/catalog-lineage.ts'),
    },
    {
      name: 'verify',
      summary: 'Check the database, the log and every stored byte',
      details: 'Ends with exit code 3 when something is damaged. Takes about a second per GiB of stored models.',
      flags: [FAIL_ON_FLAG],
      failOn: 'error',
      load: () => import('./commands/catalog-verify.ts'),
    },
  ],
};

const CONFIG: CommandSpec = {
  name: 'config',
  group: 'Setup',
  summary: 'Look at the configuration, or start one',
  details: 'Flags win over NIMIFY_* environment variables, those over the file, and that over the defaults.',
  commands: [
    {
      name: 'explain',
      summary: 'Every setting, its value and where it comes from',
      load: () => import('./commands/config-explain.ts'),
    },
    {
      name: 'init',
      summary: 'Write a nimify.config.yaml with every setting in comments',
      flags: [FORCE_FLAG],
      load: () => import('./commands/config-init.ts'),
    },
    {
      name: 'schema',
      summary: 'JSON Schema of the configuration file, for editors',
      load: () => import('./commands/config-schema.ts'),
    },
  ],
};

const DOCTOR: CommandSpec = {
  name: 'doctor',
  group: 'Setup',
  summary: 'Check this installation and the programs around it',
  flags: [FAIL_ON_FLAG],
  failOn: 'error',
  load: () => import('./commands/doctor.ts'),
};

const COMPLETION: CommandSpec = {
  name: 'completion',
  group: 'Setup',
  summary: 'Print a completion script for a shell',
  arguments: [{ name: 'shell', description: 'bash, zsh or fish.', completes: ['bash', 'zsh', 'fish'] }],
  examples: [
    { command: 'source <(nimify completion bash)', does: 'Bash, this session' },
    { command: 'nimify completion zsh > "$fpath[1]/_nimify"', does: 'Zsh, from the next session on' },
    { command: 'nimify completion fish > ~/.config/fish/completions/nimify.fish', does: 'Fish' },
  ],
  load: () => import('./commands/completion.ts'),
};

const HELP: CommandSpec = {
  name: 'help',
  group: 'Setup',
  summary: 'Help about a command, data, errors, exit-codes or rules',
  arguments: [
    {
      name: 'topic',
      description: 'A command, data, errors, exit-codes, or rules of the scanner.',
      isOptional: true,
      isRepeatable: true,
      completes: ['data', 'errors', 'exit-codes', 'rules'],
    },
  ],
  load: () => import('./commands/help.ts'),
};

export const RECORDS_AND_SETUP: readonly CommandSpec[] = [CATALOG, DOCTOR, CONFIG, COMPLETION, HELP];
