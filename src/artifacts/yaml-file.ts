/** A YAML file of one document whose values know their line, for findings that point at them. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { JsonValue } from '../base/errors.ts';
import { at, type Problems } from './problems.ts';

type Path = readonly (string | number)[];

/** Line of the deepest part of the path that is there, from 1; undefined where not even its first step is. */
export function lineOfPath(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

export class YamlFile {
  readonly value: unknown;
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #problems: Problems;

  private constructor(file: string, document: Document, lines: LineCounter, problems: Problems) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
    this.#problems = problems;
    this.value = document.toJS();
  }

  /** Undefined, and a finding, where the file is missing or no YAML. */
  static read(file: string, problems: Problems): YamlFile | undefined {
    const text = problems.read(file);
    if (text === undefined) return undefined;
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    const [error] = document.errors;
    if (error === undefined) return new YamlFile(file, document, lines, problems);
    problems.invalid(file, `is not YAML: ${error.message.split('\n')[0]}`, error.linePos?.[0].line);
    return undefined;
  }

  at(...path: Path): unknown {
    return at(this.value, ...path);
  }

  /** Line of the value, or of the nearest thing around it that is there; from 1. */
  line(...path: Path): number | undefined {
    const { contents } = this.#document;
    const root = contents?.range ? this.#lines.linePos(contents.range[0]).line : undefined;
    return lineOfPath(this.#document, this.#lines, path) ?? root;
  }

  invalid(path: Path, problem: string): void {
    this.#problems.invalid(this.#file, problem, this.line(...path));
  }

  /** Reports a disagreement unless the value is equal as JSON. */
  expect(path: Path, expected: JsonValue, what = path.join('.')): void {
    const found = this.at(...path);
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    this.#problems.disagrees(this.#file, what, found as JsonValue | undefined, expected, this.line(...path));
  }
}
