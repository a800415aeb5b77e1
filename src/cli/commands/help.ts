import { closest } from '../../base/closest.ts';
import { ERRORS, EXIT_CODES, NimifyError } from '../../base/errors.ts';
import { dataReport, errorsReport, exitCodesReport, rulesReport } from '../../ui/report/help.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome, CommandSpec } from '../command-spec.ts';
import { describeCommand } from '../help-document.ts';
import { helpPage } from '../help-page.ts';
import { findCommand, PROGRAM } from '../program.ts';

const TABLES: Readonly<Record<string, () => CommandOutcome | Promise<CommandOutcome>>> = {
  errors: () => {
    const errors = Object.entries(ERRORS).map(([code, kind]) => ({ code, ...kind }));
    return { result: { errors }, report: (style) => errorsReport(style, errors) };
  },
  'exit-codes': () => {
    const exitCodes = Object.entries(EXIT_CODES).map(([code, meaning]) => ({ exitCode: Number(code), meaning }));
    return { result: { exitCodes }, report: (style) => exitCodesReport(style, exitCodes) };
  },
  data: async () => {
    const { dataFormats } = await import('../../pipeline/data-formats.ts');
    const formats = dataFormats();
    return { result: { formats }, report: (style) => dataReport(style, formats) };
  },
  rules: async () => {
    const { scanRules } = await import('../../pipeline/scan.ts');
    const rules = scanRules();
    return { result: { rules }, report: (style) => rulesReport(style, rules) };
  },
};

export async function run(call: Call): Promise<CommandOutcome> {
  const table = TABLES[call.operands.join(' ')];
  if (table !== undefined) return table();
  const path = call.operands;
  const spec = findCommand(path);
  if (spec === undefined) throw unknownTopic(path);
  return { result: describeCommand(spec, path), report: (style) => helpPage(style, spec, path) };
}

function unknownTopic(path: readonly string[]): NimifyError {
  const topic = path.join(' ');
  const near = closest(topic, topics(PROGRAM, []));
  const question = near === undefined ? '.' : `; did you mean ${near}?`;
  return new NimifyError('USAGE', `There is no help about ${topic}${question}`, { hint: 'nimify help' });
}

function topics(spec: CommandSpec, path: readonly string[]): string[] {
  const own = path.length === 0 ? Object.keys(TABLES) : [path.join(' ')];
  return [...own, ...(spec.commands ?? []).flatMap((child) => topics(child, [...path, child.name]))];
}
