import { resolve } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { exists, writeFileAtomic } from '../../base/write-files.ts';
import { exampleConfig } from '../../config/example.ts';
import { page, prose } from '../../ui/layout.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

const FILE_NAME = 'nimify.config.yaml';

export async function run(call: Call): Promise<CommandOutcome> {
  const path = resolve(call.io.cwd, call.text('config') ?? FILE_NAME);
  const force = call.has('force');
  if (!force && (await exists(path))) {
    throw new NimifyError('CONFIG_EXISTS', `${path} is already there.`, {
      hint: 'Add --force to replace it, or edit it.',
      details: { path },
    });
  }
  await writeFileAtomic(path, exampleConfig({ isCommented: true }), { force });
  const text = `${path} is written, with every setting in comments. nimify config explain shows what is in force.`;
  return { result: { path }, report: (style) => page(prose(style, text)) };
}
