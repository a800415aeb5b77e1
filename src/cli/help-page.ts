/** The help of a command for people, made from the table. */
import { paint, proseWidth, type Style } from '../ui/style.ts';
import { pad, widthOf, wrap } from '../ui/text.ts';
import type { CommandSpec, FlagSpec } from './command-spec.ts';
import { GLOBAL_FLAGS, HELP_FLAG, settingFlags, VERSION_FLAG } from './flags.ts';

/** Term and description. */
type Entry = readonly [string, string];
/** Title and entries. */
type Section = readonly [string, readonly Entry[]];

export function helpPage(style: Style, spec: CommandSpec, path: readonly string[]): string {
  const isProgram = path.length === 0;
  const globals = isProgram ? [...GLOBAL_FLAGS, VERSION_FLAG, HELP_FLAG] : [...GLOBAL_FLAGS, HELP_FLAG];
  const commands = commandSections(spec);
  const flags = shown([
    ['Arguments', (spec.arguments ?? []).map(({ name, description }) => [name.toUpperCase(), description])],
    ['Options', (spec.flags ?? []).map(flagEntry)],
    ['Settings', settingFlags(spec).map(flagEntry)],
    [isProgram ? 'Options' : 'Global options', globals.map(flagEntry)],
  ]);
  const blocks = [
    [`${paint(style, 'bold', 'Usage')}  ${usage(spec, path)}`],
    wrap(`${spec.summary}.`, proseWidth(style)),
    spec.details === undefined ? [] : wrap(spec.details, proseWidth(style)),
    ...sectionBlocks(style, commands),
    ...sectionBlocks(style, flags),
    examples(style, spec),
    isProgram
      ? wrap('nimify help COMMAND tells more; so do nimify help errors and nimify help exit-codes.', proseWidth(style))
      : [],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function shown(sections: readonly Section[]): Section[] {
  return sections.filter(([, entries]) => entries.length > 0);
}

/** Sections whose descriptions stand below each other. */
function sectionBlocks(style: Style, sections: readonly Section[]): string[][] {
  const width = Math.max(0, ...sections.flatMap(([, entries]) => entries.map(([term]) => widthOf(term))));
  return sections.map(([title, entries]) => [
    paint(style, 'bold', title),
    ...entries.flatMap((entry) => entryLines(style, width, entry)),
  ]);
}

function usage(spec: CommandSpec, path: readonly string[]): string {
  const required = (spec.flags ?? [])
    .filter(({ isRequired }) => isRequired)
    .map(({ flag, value }) => `${flag} ${value}`);
  const words = (spec.arguments ?? []).map(({ name, isOptional, isRepeatable }) => {
    const term = `${name.toUpperCase()}${isRepeatable ? '...' : ''}`;
    return isOptional ? `[${term}]` : term;
  });
  const command = spec.commands === undefined ? [] : ['COMMAND'];
  return ['nimify', ...path, ...command, ...words, ...required, '[options]'].join(' ');
}

/** One section per group, in the order of the table. */
function commandSections({ commands = [] }: CommandSpec): Section[] {
  const groups = new Map<string, Entry[]>();
  for (const { name, summary, group = 'Commands' } of commands) {
    groups.set(group, [...(groups.get(group) ?? []), [name, summary]]);
  }
  return [...groups];
}

function flagEntry({ flag, short, value, description, choices, standard }: FlagSpec): Entry {
  const term = [short === undefined ? '    ' : `${short}, `, flag, value === undefined ? '' : ` ${value}`].join('');
  const words = choices === undefined ? '' : ` One of ${choices.join(', ')}.`;
  const usual = standard === undefined ? '' : ` [${standard}]`;
  return [term, `${description}${words}${usual}`];
}

function entryLines(style: Style, width: number, [term, description]: Entry): string[] {
  const room = Math.max(proseWidth(style) - width - 4, 24);
  return wrap(description, room).map(
    (line, index) => `  ${paint(style, 'cyan', pad(index === 0 ? term : '', width))}  ${line}`,
  );
}

function examples(style: Style, { examples: items = [] }: CommandSpec): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(({ command, does }) => [`  ${paint(style, 'dim', `# ${does}`)}`, `  ${command}`]);
  return [paint(style, 'bold', 'Examples'), ...lines];
}
