/** Judges the Terraform module: brackets and texts that end, variables that exist, and agreement with the chart. */
import type { ServiceFiles } from '../artifact.ts';
import { imageTag } from '../layout.ts';
import type { Problems } from '../problems.ts';
import { rolloutSeconds } from '../rollout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { HclError, hclTokens } from './tokens.ts';

const FOLDER = 'terraform/';
/** The chart beside the module, as HCL writes it. */
const CHART = `"$\{path.module}/../chart"`;

export function checkModule(files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  for (const name of ['main.tf', 'outputs.tf', 'variables.tf', 'versions.tf']) problems.read(FOLDER + name);
  const module = [...files].filter(([path]) => path.startsWith(FOLDER) && path.endsWith('.tf'));
  const declared = new Set(
    module.flatMap(([, text]) => [...text.matchAll(/^variable\s+"([^"]+)"/gm)].map((m) => m[1])),
  );
  for (const [file, text] of module) {
    checkSyntax(file, text, problems);
    for (const [name, line] of used(text)) {
      if (!declared.has(name)) problems.invalid(file, `uses var.${name}, which no variable block declares`, line);
    }
  }
  checkRelease(files.get(`${FOLDER}main.tf`), problems);
  checkDefaults(files.get(`${FOLDER}variables.tf`), facts, problems);
}

function checkSyntax(file: string, text: string, problems: Problems): void {
  try {
    hclTokens(text);
  } catch (error) {
    if (!(error instanceof HclError)) throw error;
    problems.invalid(file, error.message, error.line);
  }
}

function used(text: string): [string, number][] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line.replace(/^\s*(#|\/\/).*/, '').matchAll(/\bvar\.([A-Za-z_][\w-]*)/g)].map((m): [string, number] => [
        m[1] as string,
        index + 1,
      ]),
    );
}

function checkRelease(text: string | undefined, problems: Problems): void {
  if (text === undefined) return;
  const file = `${FOLDER}main.tf`;
  const [chart, line] = attribute(text, 'chart');
  if (chart === undefined) problems.invalid(file, 'has no helm_release with a chart');
  else if (chart !== CHART) problems.disagrees(file, 'chart', chart, CHART, line);
}

function checkDefaults(text: string | undefined, facts: ServiceFacts, problems: Problems): void {
  if (text === undefined) return;
  const file = `${FOLDER}variables.tf`;
  const [tag, tagLine] = defaultOf(text, 'image_tag');
  if (tag !== undefined && tag !== JSON.stringify(imageTag(facts))) {
    problems.disagrees(file, 'default of image_tag', tag, imageTag(facts), tagLine);
  }
  const [timeout, timeoutLine] = defaultOf(text, 'timeout_seconds');
  if (timeout !== undefined && Number(timeout) < rolloutSeconds(facts)) {
    problems.invalid(
      file,
      `gives a rollout ${timeout} s, where ${facts.serving.replicas} pods may take ${rolloutSeconds(facts)} s`,
      timeoutLine,
    );
  }
  const [replicas, replicasLine] = defaultOf(text, 'replicas');
  if (replicas !== undefined && Number(replicas) !== facts.serving.replicas) {
    problems.disagrees(file, 'default of replicas', Number(replicas), facts.serving.replicas, replicasLine);
  }
}

type Located = readonly [value: string | undefined, line: number | undefined];

function attribute(text: string, name: string, from = 0): Located {
  const match = new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(.+?)[ \\t]*$`, 'm').exec(text.slice(from));
  if (match === null) return [undefined, undefined];
  return [match[1], text.slice(0, from + match.index).split('\n').length];
}

function defaultOf(text: string, variable: string): Located {
  const from = text.indexOf(`variable "${variable}"`);
  return from === -1 ? [undefined, undefined] : attribute(text, 'default', from);
}
