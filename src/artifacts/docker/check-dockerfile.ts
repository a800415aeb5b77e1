/** Judges a Dockerfile: can every builder build it, is it hardened, does the server listen where the others think. */
import type { ServiceFiles } from '../artifact.ts';
import { DOCKERFILE, DOCKERIGNORE, modelFolder, RULES_FILE } from '../layout.ts';
import type { Problems } from '../problems.ts';
import { LATENCY_HISTOGRAM } from '../prometheus/metrics.ts';
import { HISTOGRAM_FLAG, servedPorts } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { execForm, type Instruction, parseDockerfile } from './parse-dockerfile.ts';

const KNOWN = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

/** What the classic builder, old BuildKit or buildah do not understand. */
const UNPORTABLE: readonly { readonly name: RegExp; readonly rest: RegExp; readonly problem: string }[] = [
  { name: /^RUN$/, rest: /^--(mount|network|security)\b/, problem: 'RUN --mount needs BuildKit' },
  { name: /^(COPY|ADD)$/, rest: /--(link|chmod|parents|exclude)\b/, problem: 'COPY --link and --chmod need BuildKit' },
  { name: /^(RUN|COPY)$/, rest: /<<-?["']?\w/, problem: 'heredocs need a newer frontend' },
  { name: /^FROM$/, rest: /--platform=\$/, problem: 'FROM --platform=$… needs BuildKit' },
  { name: /^HEALTHCHECK$/, rest: /--start-interval\b/, problem: 'HEALTHCHECK --start-interval needs a newer builder' },
];

export function checkDockerfile(text: string, files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  const instructions = parseDockerfile(text);
  checkPortable(text, instructions, problems);
  if (!instructions.some(({ name }) => name === 'FROM')) {
    problems.invalid(DOCKERFILE, 'has no FROM');
    return;
  }
  checkBase(instructions, facts, problems);
  checkHardened(lastStage(instructions), problems);
  checkServer(lastStage(instructions), files, facts, problems);
}

function checkPortable(text: string, instructions: readonly Instruction[], problems: Problems): void {
  if (/^#\s*syntax\s*=/im.test(text)) problems.invalid(DOCKERFILE, '# syntax= fetches a frontend from a registry', 1);
  for (const { name, rest, line } of instructions) {
    if (!KNOWN.has(name)) problems.invalid(DOCKERFILE, `unknown instruction ${name}`, line);
    for (const rule of UNPORTABLE) {
      if (rule.name.test(name) && rule.rest.test(rest)) problems.invalid(DOCKERFILE, rule.problem, line);
    }
  }
}

function lastStage(instructions: readonly Instruction[]): Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
}

/** The release of Triton, when the base is named like NVIDIA's; any other base is the user's own choice. */
function checkBase(instructions: readonly Instruction[], facts: ServiceFacts, problems: Problems): void {
  const named = instructions.filter(({ name }) => name === 'ARG' || name === 'FROM').map(({ rest }) => rest);
  for (const rest of named) {
    const tag = /\/tritonserver:(\d\d\.\d\d)/.exec(rest)?.[1];
    if (tag !== undefined && tag !== facts.serving.tritonTag) {
      problems.disagrees(DOCKERFILE, 'tag of the base image', tag, facts.serving.tritonTag);
    }
    if (
      /tritonserver:\S*-(trtllm|vllm|sdk|min)/.test(rest) &&
      instructions.filter(({ name }) => name === 'FROM').length === 1
    ) {
      problems.invalid(DOCKERFILE, 'the base image has no ONNX Runtime backend');
    }
  }
}

function checkHardened(stage: readonly Instruction[], problems: Problems): void {
  const user = stage.findLast(({ name }) => name === 'USER');
  if (user === undefined || !/^[1-9]\d*(:\d+)?$/.test(user.rest)) {
    problems.invalid(DOCKERFILE, 'the last USER is not a number other than 0, which runAsNonRoot needs', user?.line);
  }
  const entrypoint = stage.findLast(({ name }) => name === 'ENTRYPOINT');
  if (entrypoint !== undefined && execForm(entrypoint.rest) === undefined) {
    problems.invalid(DOCKERFILE, 'ENTRYPOINT is not in exec form, so signals do not reach the server', entrypoint.line);
  }
}

function checkServer(
  stage: readonly Instruction[],
  files: ServiceFiles,
  facts: ServiceFacts,
  problems: Problems,
): void {
  const { httpPort, grpcPort, metricsPort } = facts.serving;
  const words = stage
    .filter(({ name }) => name === 'ENTRYPOINT' || name === 'CMD')
    .flatMap(({ rest }) => execForm(rest) ?? rest.split(/\s+/));
  const isNode = facts.serving.imageProfile === 'node';
  const defaults = { '--http-port': 8000, '--port': 8000, '--grpc-port': 8001, '--metrics-port': 8002 };
  const expected = isNode
    ? { '--port': httpPort, '--metrics-port': metricsPort }
    : { '--http-port': httpPort, '--grpc-port': grpcPort, '--metrics-port': metricsPort };
  for (const [flag, port] of Object.entries(expected)) {
    problems.expect(DOCKERFILE, flag, Number(flagValue(words, flag) ?? defaults[flag as keyof typeof defaults]), port);
  }
  const needsHistogram = (files.get(RULES_FILE) ?? '').includes(LATENCY_HISTOGRAM);
  const hasHistogram = words
    .join(' ')
    .replace(/--metrics-config /g, '--metrics-config=')
    .includes(HISTOGRAM_FLAG);
  if (needsHistogram && !hasHistogram && !isNode)
    problems.disagrees(DOCKERFILE, 'metrics-config', null, HISTOGRAM_FLAG);
  const exposed = stage
    .filter(({ name }) => name === 'EXPOSE')
    .flatMap(({ rest }) => rest.split(/\s+/).map((port) => Number.parseInt(port, 10)));
  if (exposed.length > 0) problems.expect(DOCKERFILE, 'EXPOSE', exposed, servedPorts(facts));
  checkHealth(stage, httpPort, problems);
  const copies = stage.filter(({ name }) => name === 'COPY' || name === 'ADD').map(({ rest }) => rest);
  if (!copies.some((rest) => rest.includes(modelFolder(facts)) || /(^|\s)\/?models\/?\s/.test(rest))) {
    problems.disagrees(DOCKERFILE, 'COPY', copies, modelFolder(facts));
  }
}

function flagValue(words: readonly string[], flag: string): string | undefined {
  const index = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (index < 0) return undefined;
  return words[index] === flag ? words[index + 1] : words[index]?.slice(flag.length + 1);
}

function checkHealth(stage: readonly Instruction[], httpPort: number, problems: Problems): void {
  const health = stage.findLast(({ name }) => name === 'HEALTHCHECK');
  if (health === undefined) return;
  const [, port, path] = /:(\d+)(\/[^\s"']*)/.exec(health.rest) ?? [];
  problems.expect(DOCKERFILE, 'port of HEALTHCHECK', Number(port), httpPort);
  problems.expect(DOCKERFILE, 'path of HEALTHCHECK', path, '/v2/health/ready');
}

/** The build context must hold the model and should hold nothing else. */
export function checkDockerignore(text: string, problems: Problems): void {
  const patterns = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  let isIn = true;
  for (const pattern of patterns) {
    const bare = pattern
      .replace(/^!/, '')
      .replace(/^\//, '')
      .replace(/\/?(\*\*)?\/?$/, '');
    if (bare === '' || bare === '*' || bare === 'models') isIn = pattern.startsWith('!');
  }
  if (!isIn) problems.invalid(DOCKERIGNORE, 'keeps models/ out of the build');
}
