/** Collects what is wrong with the files of one artifact. */
import { parseDocument } from 'yaml';
import type { JsonValue } from '../base/errors.ts';
import { type Finding, type FindingCode, finding } from '../base/findings.ts';
import type { ServiceFiles } from './artifact.ts';

export class Problems {
  readonly findings: Finding[] = [];
  readonly #artifact: string;
  readonly #files: ServiceFiles;

  constructor(artifact: string, files: ServiceFiles) {
    this.#artifact = artifact;
    this.#files = files;
  }

  add(code: FindingCode, args: Readonly<Record<string, JsonValue>>, where?: string): void {
    this.findings.push(finding(code, { artifact: this.#artifact, ...args }, where));
  }

  /** The file breaks its own format or a rule of the program that reads it; `problem` is a phrase. */
  invalid(file: string, problem: string, line?: number): void {
    this.add('ARTIFACT_INVALID', { file, problem }, line === undefined ? file : `${file}:${line}`);
  }

  /** The file says one thing, the facts or another file say another. */
  disagrees(file: string, what: string, found: JsonValue | undefined, expected: JsonValue, line?: number): void {
    const where = line === undefined ? file : `${file}:${line}`;
    this.add('ARTIFACT_DISAGREES', { file, what, found: found ?? null, expected }, where);
  }

  /** Reports a disagreement unless the two are equal as JSON. */
  expect(file: string, what: string, found: unknown, expected: JsonValue, line?: number): void {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      this.disagrees(file, what, found as JsonValue | undefined, expected, line);
    }
  }

  /** The text of a file that has to be there. */
  read(file: string): string | undefined {
    const text = this.#files.get(file);
    if (text === undefined) this.add('ARTIFACT_MISSING', { file }, file);
    return text;
  }

  readJson(file: string): unknown {
    const text = this.read(file);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      this.invalid(file, `is not JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  readYaml(file: string): unknown {
    const text = this.read(file);
    return text === undefined ? undefined : this.parseYaml(file, text);
  }

  parseYaml(file: string, text: string): unknown {
    const document = parseDocument(text);
    const [error] = document.errors;
    if (error === undefined) return document.toJS();
    this.invalid(file, `is not YAML: ${error.message.split('\n')[0]}`, error.linePos?.[0].line);
    return undefined;
  }
}

/** Walks into nested objects and arrays; undefined where a step does not exist. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}
