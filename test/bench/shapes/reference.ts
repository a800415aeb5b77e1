/** Starts reference.py and reads what it says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ReferenceType } from '../../onnx/shapes/facts.ts';

export interface PlacedTypes {
  readonly place: readonly string[];
  readonly values: Readonly<Record<string, ReferenceType>>;
}

/** One model in one variant; `path` is the file that was inferred. */
export interface Reference {
  readonly model: string;
  readonly variant: 'as-is' | 'undeclared' | 'symbolic';
  readonly path: string;
  /** What the file itself says. */
  readonly declared: readonly PlacedTypes[];
  readonly graphs?: readonly PlacedTypes[];
  readonly error?: string;
}

const SCRIPT = new URL('reference.py', import.meta.url).pathname;

/** Runs the script; yields the lines that it prints, and throws when it fails. */
async function* lines(python: string, args: readonly string[], input: string): AsyncGenerator<string> {
  const child = spawn(python, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'close');
  child.stdin.end(input);
  yield* createInterface({ input: child.stdout });
  const [code] = await exit;
  if (code !== 0) throw new Error(`reference.py ${args[0]} ended with ${code}`);
}

/** The folder with the models of ONNX's backend tests; made on the first call. */
export async function caseFolder(python: string, parent: string): Promise<string> {
  let folder = '';
  for await (const line of lines(python, ['cases', parent], '')) folder = line;
  return folder;
}

export async function* references(
  python: string,
  folder: string,
  models: readonly string[],
): AsyncGenerator<Reference> {
  for await (const line of lines(python, ['infer', folder], models.map((path) => `${path}\n`).join(''))) {
    yield JSON.parse(line) as Reference;
  }
}
