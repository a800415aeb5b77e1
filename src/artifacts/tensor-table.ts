/**
 * The tensors of the model as a table in code: one line per tensor, which TypeScript, JavaScript and Python read alike
 * and a check reads back as JSON. Names stand nowhere else in such code, whatever characters they have.
 */

import { serverUrl } from './layout.ts';
import type { Problems } from './problems.ts';
import { sampleInputs } from './sample-request.ts';
import { type Role, servedTensors } from './served-tensors.ts';
import type { ServiceFacts, TensorFacts } from './service-facts.ts';
import { requestTensor } from './tensors.ts';

/**
 * A string literal of JSON, TypeScript and Python at once. Characters that are not seen, or that turn text around, are
 * escaped: a reader of the code must see what the computer sees.
 */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u00a0]/gu, (char) =>
    char.length === 1 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char,
  );
}

/** Lines `{ "name": …, "datatype": …, "shape": […] },`; inputs also have the shape and an element of an example. */
function tensorTable(facts: ServiceFacts, role: Role): string {
  const samples = role === 'inputs' ? sampleInputs(facts) : [];
  return servedTensors(facts, role)
    .map((tensor, index) => {
      const { name, datatype, shape } = rowOf(tensor, facts);
      const sample = samples[index];
      const fields = [
        `"name": ${literal(name)}`,
        `"datatype": "${datatype}"`,
        // Left out where the rank is unknown.
        ...(shape === null ? [] : [`"shape": ${list(shape)}`]),
        ...(sample === undefined
          ? []
          : [`"sample": ${list(sample.shape)}`, `"element": "${Buffer.from(sample.element).toString('hex')}"`]),
      ];
      return `    { ${fields.join(', ')} },`;
    })
    .join('\n');
}

interface Row {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[] | null;
}

function rowOf(tensor: TensorFacts, facts: ServiceFacts): Row {
  const row = requestTensor(tensor, facts);
  return tensor.shape === null ? { ...row, shape: null } : row;
}

function list(sizes: readonly number[]): string {
  return `[${sizes.join(', ')}]`;
}

/** What the templates of all code that asks the service have in common. */
export function codeData(facts: ServiceFacts): Record<string, unknown> {
  return {
    model: facts.name,
    modelLiteral: literal(facts.name),
    url: serverUrl(facts),
    urlLiteral: literal(serverUrl(facts)),
    inputs: tensorTable(facts, 'inputs'),
    outputs: tensorTable(facts, 'outputs'),
  };
}

/** Holds that against the service. */
export function checkCode(file: string, text: string, facts: ServiceFacts, problems: Problems): void {
  checkConstant(file, text, 'MODEL', facts.name, problems);
  checkConstant(file, text, 'DEFAULT_URL', serverUrl(facts), problems);
  checkTensorTable(file, text, facts, 'inputs', problems);
  checkTensorTable(file, text, facts, 'outputs', problems);
}

/** Holds a table in a file against the model. The table begins behind a line such as `const INPUTS = [`. */
function checkTensorTable(file: string, text: string, facts: ServiceFacts, role: Role, problems: Problems): void {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => new RegExp(`^\\s*(?:const )?${role.toUpperCase()}\\b.*\\[$`).test(line));
  if (begin < 0) {
    problems.invalid(file, `has no table ${role.toUpperCase()}`);
    return;
  }
  const expected = new Map(servedTensors(facts, role).map((tensor) => [tensor.name, rowOf(tensor, facts)]));
  const names: string[] = [];
  for (let index = begin + 1; index < lines.length && !/^\s*\]/.test(lines[index] as string); index += 1) {
    const row = rowAt(lines[index] as string);
    if (row === undefined) problems.invalid(file, `has a row in ${role.toUpperCase()} that is not JSON`, index + 1);
    else {
      names.push(row.name);
      checkRow(file, index + 1, row, expected.get(row.name), problems);
    }
  }
  problems.expect(file, role, names, [...expected.keys()], begin + 1);
}

function checkRow(file: string, line: number, row: Row, expected: Row | undefined, problems: Problems): void {
  if (expected === undefined) return;
  problems.expect(file, `datatype of ${row.name}`, row.datatype, expected.datatype, line);
  problems.expect(file, `shape of ${row.name}`, row.shape, expected.shape === null ? null : [...expected.shape], line);
}

function rowAt(line: string): Row | undefined {
  try {
    const row = JSON.parse(line.trim().replace(/,$/, '')) as Partial<Row> | null;
    if (typeof row?.name !== 'string') return undefined;
    return { name: row.name, datatype: String(row.datatype), shape: Array.isArray(row.shape) ? row.shape : null };
  } catch {
    return undefined;
  }
}

/** Holds the value of a named constant (`const MODEL = "…"`, `MODEL = 3`) against what it should be. */
export function checkConstant(
  file: string,
  text: string,
  name: string,
  expected: string | number,
  problems: Problems,
): void {
  const lines = text.split('\n');
  const pattern = new RegExp(`^(?:export )?(?:const )?${name}(?:: \\w+)? = (.*?);?$`);
  const index = lines.findIndex((line) => pattern.test(line));
  if (index < 0) problems.invalid(file, `has no constant ${name}`);
  else problems.expect(file, name, parsed(pattern.exec(lines[index] as string)?.[1] ?? ''), expected, index + 1);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
