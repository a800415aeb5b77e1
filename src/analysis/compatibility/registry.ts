/** The targets that `nimify analyze` judges, in the order of its report. */
import { closest } from '../../base/closest.ts';
import { NimifyError } from '../../base/errors.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda/cuda.ts';
import { openvino } from './openvino/openvino.ts';
import type { Target } from './target.ts';
import { tensorrt } from './tensorrt/tensorrt.ts';
import { triton } from './triton.ts';

export const TARGETS: readonly Target[] = [cpu, triton, cuda, tensorrt, openvino];

/**
 * The ids, each once.
 * @throws NimifyError USAGE for one that is not in the registry
 */
export function requireTargets(ids: readonly string[]): string[] {
  const known = TARGETS.map(({ id }) => id);
  for (const id of ids) {
    if (known.includes(id)) continue;
    const near = closest(id, known);
    throw new NimifyError(
      'USAGE',
      `There is no target ${id === '' ? 'without a name' : id}${near ? `; did you mean ${near}` : ''}.`,
      {
        hint: `Give --target a list of: ${known.join(', ')}`,
      },
    );
  }
  return [...new Set(ids)];
}
