import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS: Readonly<Record<string, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The parser lets only these shells through. */
export async function run(call: Call): Promise<CommandOutcome> {
  const shell = call.operand(0);
  const script = (SHELLS[shell] as () => string)();
  return { result: { shell, script }, report: () => script };
}
