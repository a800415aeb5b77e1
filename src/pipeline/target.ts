/** What the configured target makes of the settings and of the methods. */
import { type Processor, processor } from '../base/processor.ts';
import type { Config } from '../config/schema.ts';
import { refusal, TARGETS } from '../quantization/targets.ts';
import type { PipelineDeps } from './requests.ts';

/** The same dependencies with the settings that the target asks for. */
export function forTarget(deps: PipelineDeps, facts: Processor = processor()): PipelineDeps {
  const { config } = deps;
  const { target } = config.quantization;
  if (target === 'any') return deps;
  const quantization = { ...config.quantization, ...TARGETS[target].settings(facts) };
  return { ...deps, config: { ...config, quantization } };
}

/** Ids of the methods of the configuration, and those that suit the target. */
export function methodsOf({ quantization: { methods, target } }: Config): string[] {
  return [...new Set([...methods, ...(target === 'any' ? [] : TARGETS[target].suits)])];
}

/** A clause that says why the method is not for the target; undefined where it is, or where the user insists. */
export function refusalOf({ quantization: { target, insist } }: Config, method: string): string | undefined {
  return insist || target === 'any' ? undefined : refusal(target, method);
}
