/** Reads a Dockerfile into instructions. */

export interface Instruction {
  /** Upper case. */
  readonly name: string;
  /** Everything behind the name, continuation lines joined by a space. */
  readonly rest: string;
  readonly line: number;
}

export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let pending = '';
  let start = 0;
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    if (pending === '') start = index + 1;
    pending += `${pending === '' ? '' : ' '}${line.replace(/\\$/, '').trim()}`;
    if (line.endsWith('\\')) return;
    instructions.push(split(pending, start));
    pending = '';
  });
  if (pending !== '') instructions.push(split(pending, start));
  return instructions;
}

function split(text: string, line: number): Instruction {
  const [name = ''] = text.split(/\s/, 1);
  return { name: name.toUpperCase(), rest: text.slice(name.length).trim(), line };
}

/** The words of exec form, or undefined for shell form. */
export function execForm(rest: string): string[] | undefined {
  const json = /\[.*\]\s*$/s.exec(rest)?.[0];
  if (json === undefined) return undefined;
  try {
    const words: unknown = JSON.parse(json);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}
