/** Judges values.yaml, alone and with the values of each environment over it: by the schema, the facts and the rules. */
import { at, type Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { YamlFile } from '../yaml-file.ts';
import { CHART_FILES, environmentFile } from './chart-files.ts';
import { ENVIRONMENTS, mergeValues } from './environments.ts';
import { VALUES_RULES } from './values-rules.ts';
import { valuesSchema } from './values-schema.ts';

type Path = readonly (string | number)[];

/** Values as Helm would join them; a finding goes to the file that says what is wrong. */
class Layers {
  readonly value: unknown;
  readonly #base: YamlFile;
  readonly #over: YamlFile | undefined;

  constructor(base: YamlFile, over?: YamlFile) {
    this.#base = base;
    this.#over = over;
    this.value = over === undefined ? base.value : mergeValues(base.value, over.value);
  }

  /** The file of the first path that it sets; what only values.yaml says was judged with values.yaml. */
  #owner(paths: readonly Path[]): readonly [file: YamlFile, path: Path] | undefined {
    const over = this.#over;
    if (over === undefined) {
      const path = paths.find((candidate) => this.#base.at(...candidate) !== undefined) ?? paths[0];
      return path === undefined ? undefined : [this.#base, path];
    }
    const path = paths.find((candidate) => over.at(...candidate) !== undefined);
    return path === undefined ? undefined : [over, path];
  }

  invalid(paths: readonly Path[], problem: string): void {
    const [file, path] = this.#owner(paths) ?? [];
    if (file !== undefined && path !== undefined) file.invalid(path, problem);
  }

  expect(path: Path, expected: string | number): void {
    if (at(this.value, ...path) !== expected) this.#owner([path])?.[0].expect(path, expected);
  }
}

/** @returns the values of values.yaml, valid or not; undefined when there are none */
export function checkValues(facts: ServiceFacts, problems: Problems): unknown {
  const base = YamlFile.read(CHART_FILES.values, problems);
  if (base === undefined) {
    for (const environment of Object.keys(ENVIRONMENTS)) problems.read(environmentFile(environment));
    return undefined;
  }
  const known = checkLayers(new Layers(base), facts);
  for (const environment of Object.keys(ENVIRONMENTS)) {
    const over = YamlFile.read(environmentFile(environment), problems);
    if (over !== undefined) checkLayers(new Layers(base, over), facts, known);
  }
  return base.value;
}

/**
 * @param known phrases about values.yaml alone, which nobody needs to read again for each environment
 * @returns the phrases about these layers
 */
function checkLayers(layers: Layers, facts: ServiceFacts, known: ReadonlySet<string> = new Set()): Set<string> {
  const said = new Set<string>();
  const say = (paths: readonly Path[], problem: string): void => {
    said.add(problem);
    if (!known.has(problem)) layers.invalid(paths, problem);
  };
  const parsed = valuesSchema.safeParse(layers.value);
  if (!parsed.success) {
    for (const { path, message, ...issue } of parsed.error.issues) {
      const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
      const place = [...path.map(String), ...(unknown === undefined ? [] : [unknown])];
      say([place, []], `${place.join('.') || 'values'}: ${message}`);
    }
    return said;
  }
  const { serving } = facts;
  layers.expect(['ports', 'http'], serving.httpPort);
  layers.expect(['ports', 'grpc'], serving.grpcPort);
  layers.expect(['ports', 'metrics'], serving.metricsPort);
  layers.expect(['model', 'name'], facts.name);
  layers.expect(['model', 'sha256'], facts.model.sha256);
  layers.expect(['gpu', 'count'], serving.gpus);
  for (const { paths, problem } of VALUES_RULES) {
    const found = problem(parsed.data, facts);
    if (found !== null) say(paths, found);
  }
  return said;
}
