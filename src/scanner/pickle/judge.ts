/** From what a pickle imports to what the report says of it. */
import type { FileContext } from '../folder/check.ts';
import type { ByteSource } from '../source.ts';
import { judgeGlobal } from './globals.ts';
import { type PickleBudget, type PickleWalk, walkPickle } from './walk-pickle.ts';

/** The integer that torch.save writes as a pickle of its own before files that are not zip archives. */
const TORCH_MAGIC = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/** Such a file has the magic number, the protocol, facts of the machine, the object and the keys of its storages. */
const TORCH_PICKLES = 5;

export interface PickleOptions {
  /** Place inside of the file, such as the entry of an archive. */
  readonly where?: string;
  /** False where only the bytes look like a pickle: then it must be one to its end, or call something. */
  readonly isExpected: boolean;
}

/** @returns whether it was taken for a pickle */
export function judgePickle(source: ByteSource, context: FileContext, options: PickleOptions): boolean {
  const { budget } = context;
  const first = walkPickle(source, budget);
  const isHarmful = first.globals.length > 0 && first.hasCalls;
  if (!options.isExpected && !isHarmful && first.problem !== undefined) return false;
  const walks = [first, ...followers(source, first, budget)];
  const globals = walks.flatMap((walk) => walk.globals);
  const where = options.where;
  for (const { module, name, offset } of globals) {
    const judgement = judgeGlobal(module, name);
    const global = `${module}.${name}`;
    if (judgement === 'dangerous')
      context.report('pickle-code', { global, position: ` at byte ${offset}`, offset }, where);
    if (judgement === 'unknown') {
      const what = `imports ${global}, which is not on the list of harmless names`;
      context.report('pickle-unknown', { what, global, offset }, where);
    }
  }
  for (const { problem } of walks)
    if (problem !== undefined) context.report('pickle-unknown', { what: problem }, where);
  const names = [...new Set(globals.map(({ module, name }) => `${module}.${name}`))];
  context.report('pickle-file', { globals: listed(names) }, where);
  return true;
}

/** Pickles behind the first one, where a loader goes on to read them. */
function followers(source: ByteSource, first: PickleWalk, budget: PickleBudget): PickleWalk[] {
  if (first.problem !== undefined || first.end >= source.sizeBytes) return [];
  const walks: PickleWalk[] = [];
  const most = isTorchMagic(source) ? TORCH_PICKLES : Number.MAX_SAFE_INTEGER;
  let at = first.end;
  while (at < source.sizeBytes && walks.length + 1 < most) {
    // Only torch promises that pickles follow; elsewhere anything may, and what looks like a pickle is read.
    if (most !== TORCH_PICKLES && source.byte(at) !== 0x80) break;
    const walk = walkPickle(source, budget, at);
    walks.push(walk);
    if (walk.problem !== undefined) break;
    at = walk.end;
  }
  return walks;
}

function isTorchMagic(source: ByteSource): boolean {
  const head = source.read(0, 16);
  return TORCH_MAGIC.every((byte, index) => head[index + 4] === byte);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`;
}
