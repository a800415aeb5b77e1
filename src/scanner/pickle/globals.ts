/** What a name that a pickle imports is worth. What is on no list is unknown, and unknown is unsafe. */
import { DANGEROUS_MODULES, DANGEROUS_NAMES } from './dangerous.ts';
import { HARMLESS } from './harmless.ts';

export type Judgement = 'harmless' | 'dangerous' | 'unknown';

/** Parts of a module path that are looked up; real ones have below 10. */
const MAX_PARTS = 16;

/** @param name may have dots: attributes of attributes */
export function judgeGlobal(module: string, name: string): Judgement {
  if (HARMLESS.get(module)?.has(name)) return 'harmless';
  if (DANGEROUS_NAMES.get(module)?.has(name.split('.', 1)[0] as string)) return 'dangerous';
  return prefixesOf(module).some((prefix) => DANGEROUS_MODULES.has(prefix)) ? 'dangerous' : 'unknown';
}

/** `a`, `a.b`, `a.b.c`. */
function prefixesOf(module: string): string[] {
  const parts = module.split('.', MAX_PARTS);
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
}
