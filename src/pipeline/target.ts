/** What the configured target makes of the settings and of the methods. */
import { type Processor, processor } from '../base/processor.ts';
import type { Config } from '../config/schema.ts';
import { refusal, TARGETS } from '../quantization/targets.ts';
import type { PipelineDeps } from './requests.ts';

type Settings = Partial<Config['quantization']>;

/** What the target sets in the section `quantization`, where nobody has said it himself. */
export function presetOf({ quantization: { target }, given }: Config, facts: Processor = processor()): Settings {
  if (target === 'any') return {};
  const isFree = (name: string) => !given.some((key) => key === `quantization.${name}`);
  return Object.fromEntries(Object.entries(TARGETS[target].settings(facts)).filter(([name]) => isFree(name)));
}

/** The same dependencies with the settings that the target asks for. */
export function forTarget(deps: PipelineDeps): PipelineDeps {
  const { config } = deps;
  const quantization = { ...config.quantization, ...presetOf(config) };
  return { ...deps, config: { ...config, quantization } };
}

/** Ids of the methods of the configuration, and those that suit the target. */
export function methodsOf({ quantization: { methods, target } }: Config): string[] {
  return [...new Set([...methods, ...(target === 'any' ? [] : TARGETS[target].suits)])];
}

/** A clause that says why the method with these settings is not for the target; undefined where it is, or where the user insists. */
export function refusalOf({ quantization }: Pick<Config, 'quantization'>, method: string): string | undefined {
  const { target, insist } = quantization;
  return insist || target === 'any' ? undefined : refusal(target, method, quantization);
}
