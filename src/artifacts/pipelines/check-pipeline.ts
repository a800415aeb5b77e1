/** Judges a pipeline: actions that cannot be swapped, commands that agree with the service, no text of others in shells. */
import type { ServiceFiles } from '../artifact.ts';
import { CHART_FOLDER, imageTag } from '../layout.ts';
import { rolloutSeconds } from '../rollout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import type { YamlFile } from '../yaml-file.ts';

type Path = readonly (string | number)[];

export function checkPipeline(file: YamlFile, files: ServiceFiles, facts: ServiceFacts): void {
  const texts = [...strings(file.value, [])];
  const variables = file.at('env') === undefined ? 'variables' : 'env';
  file.expect([variables, 'TAG'], imageTag(facts));
  if (!texts.some(([, text]) => /\bnimify(@\S+)? validate\b/.test(text)))
    file.invalid([], 'never runs nimify validate');
  for (const [path, text] of texts) {
    if (path.at(-1) === 'uses') checkAction(file, path, text);
    // A title or branch of somebody else would be run as a command.
    if (path.at(-1) === 'run' && /\$\{\{\s*(github\.(event|head_ref)|inputs\.)/.test(text)) {
      file.invalid(path, 'puts a text of the event into a shell; pass it by env');
    }
    if (/\bhelm (upgrade|install)\b/.test(text)) checkHelm(file, path, text, files, facts);
  }
}

function checkAction(file: YamlFile, path: Path, text: string): void {
  if (text.startsWith('./') || /@[0-9a-f]{40}$/.test(text)) return;
  file.invalid(path, `uses ${text}, which is not pinned by a commit`);
}

function checkHelm(file: YamlFile, path: Path, text: string, files: ServiceFiles, facts: ServiceFacts): void {
  const chart = /\$SERVICE\/([\w.-]+)/.exec(text)?.[1];
  if (chart !== undefined && ![...files.keys()].some((name) => name.startsWith(`${chart}/`))) {
    file.invalid(path, `installs the chart ${chart}, which is not there; it is in ${CHART_FOLDER}`);
  }
  const timeout = Number(/--timeout[= ](\d+)s/.exec(text)?.[1] ?? 300);
  const needed = rolloutSeconds(facts);
  if (timeout < needed)
    file.invalid(path, `gives the rollout ${timeout} s, where ${facts.serving.replicas} pods may take ${needed} s`);
}

function* strings(value: unknown, path: Path): Generator<[Path, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* strings(item, [...path, index]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* strings(item, [...path, key]);
  }
}
