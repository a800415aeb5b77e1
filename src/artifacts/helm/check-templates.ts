/** What can be said of Go templates without running them: blocks that end, values and definitions that exist. */
import { at, type Problems } from '../problems.ts';
import { checkTemplateRules } from './template-rules.ts';

const OPENING = new Set(['if', 'range', 'with', 'define', 'block']);

interface Action {
  readonly text: string;
  readonly line: number;
}

export function checkTemplates(templates: ReadonlyMap<string, string>, values: unknown, problems: Problems): void {
  const all = [...templates.values()].join('\n');
  const defined = new Set([...all.matchAll(/\{\{-?\s*define\s+"([^"]+)"/g)].map((match) => match[1] as string));
  const read = new Map([...templates].map(([file, text]) => [file, readActions(file, text, problems)] as const));
  checkTemplateRules(templates, (file, line) => openBlocks(read.get(file) ?? [], line), problems);
  for (const [file, actions] of read) {
    checkBlocks(file, actions, problems);
    for (const action of actions) {
      checkIncludes(file, action, defined, problems);
      if (values !== undefined) checkValueNames(file, action, values, problems);
    }
  }
}

function readActions(file: string, text: string, problems: Problems): Action[] {
  const actions: Action[] = [];
  let position = text.indexOf('{{');
  while (position >= 0) {
    const line = text.slice(0, position).split('\n').length;
    const end = text.indexOf('}}', position);
    if (end < 0) {
      problems.invalid(file, 'a {{ is not closed', line);
      break;
    }
    const body = text
      .slice(position + 2, end)
      .replace(/^-|-$/g, '')
      .trim();
    if (!body.startsWith('/*')) actions.push({ text: body, line });
    position = text.indexOf('{{', end);
  }
  return actions;
}

function checkBlocks(file: string, actions: readonly Action[], problems: Problems): void {
  const open: Action[] = [];
  for (const action of actions) {
    const [word = ''] = action.text.split(/\s/, 1);
    if (OPENING.has(word)) open.push(action);
    else if (word === 'end' && open.pop() === undefined) problems.invalid(file, 'an end closes nothing', action.line);
  }
  for (const { text, line } of open) problems.invalid(file, `"${text}" is never ended`, line);
}

/** The blocks that a line stands in. */
function openBlocks(actions: readonly Action[], line: number): string[] {
  const open: string[] = [];
  for (const action of actions) {
    if (action.line >= line) break;
    const [word = ''] = action.text.split(/\s/, 1);
    if (OPENING.has(word)) open.push(action.text);
    else if (word === 'end') open.pop();
  }
  return open;
}

function checkIncludes(file: string, { text, line }: Action, defined: ReadonlySet<string>, problems: Problems): void {
  for (const [, name] of text.matchAll(/\b(?:include|template)\s+"([^"]+)"/g)) {
    if (!defined.has(name as string)) problems.invalid(file, `includes ${name}, which is not defined`, line);
  }
}

function checkValueNames(file: string, { text, line }: Action, values: unknown, problems: Problems): void {
  for (const [, path] of text.matchAll(/\.Values\.([A-Za-z0-9_.]+)/g)) {
    const steps = (path as string).split('.');
    if (steps[0] !== 'global' && at(values, ...steps) === undefined) {
      problems.invalid(file, `uses .Values.${path}, which values.yaml does not have`, line);
    }
  }
}
