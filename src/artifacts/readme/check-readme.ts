/** Judges README.md: what people copy from it must be true of this service. */
import type { ServiceFiles } from '../artifact.ts';
import { curlInfer } from '../example-request.ts';
import { GRAFANA_PORT, PROMETHEUS_PORT } from '../images.ts';
import { imageReference, README_FILE } from '../layout.ts';
import type { Problems } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';

/** Folders of artifacts: a path in one of them that is named has to be there. */
const PATH = /(?<![\w./-])(?:client|load|monitoring|chart|kustomize|terraform|kserve|ci)\/[\w./-]*/g;

export function checkReadme(text: string, files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  if (!/^# \S/m.test(text)) problems.invalid(README_FILE, 'has no title');
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    // Names of tensors stand there, which may look like anything.
    if (/^(?:\| (?:input|output) |\{|const \{)/.test(line)) continue;
    checkPorts(line, index + 1, facts, problems);
    checkNames(line, index + 1, facts, problems);
    checkPaths(line, index + 1, files, problems);
  }
  checkCommand(text, lines, facts, problems);
}

function checkPorts(line: string, number: number, facts: ServiceFacts, problems: Problems): void {
  const { httpPort, grpcPort, metricsPort } = facts.serving;
  const known = [httpPort, grpcPort, metricsPort, GRAFANA_PORT, PROMETHEUS_PORT];
  for (const [, first, second] of line.matchAll(/(?:localhost|127\.0\.0\.1):(\d+)(?::(\d+))?/g)) {
    for (const port of [first, second].filter((one) => one !== undefined).map(Number)) {
      if (!known.includes(port)) problems.disagrees(README_FILE, 'port', port, known, number);
    }
  }
  const api = /(?:localhost|127\.0\.0\.1):(\d+)\/v2\b/.exec(line)?.[1];
  if (api !== undefined) problems.expect(README_FILE, 'port of the API', Number(api), httpPort, number);
}

function checkNames(line: string, number: number, facts: ServiceFacts, problems: Problems): void {
  for (const [, model] of line.matchAll(/\/v2\/models\/([\w-]+)/g)) {
    if (model !== facts.name) problems.disagrees(README_FILE, 'model', model, facts.name, number);
  }
  for (const [image] of line.matchAll(/(?<=^| )[a-z0-9-]+:[0-9a-f]{12}(?= |$)/g)) {
    if (image !== imageReference(facts)) problems.disagrees(README_FILE, 'image', image, imageReference(facts), number);
  }
  const digests = [facts.model.sha256, facts.sourceSha256];
  for (const [digest] of line.matchAll(/\b[0-9a-f]{64}\b/g)) {
    if (!digests.includes(digest)) problems.disagrees(README_FILE, 'SHA-256', digest, digests, number);
  }
}

function checkPaths(line: string, number: number, files: ServiceFiles, problems: Problems): void {
  for (const [found] of line.matchAll(PATH)) {
    const path = found.replace(/[./]+$/, '');
    const isThere = [...files.keys()].some((file) => file === path || file.startsWith(`${path}/`));
    if (!isThere) problems.disagrees(README_FILE, 'path', path, 'a path of the service folder', number);
  }
}

/** The request carries names, shapes and its own length: one that was changed by hand is wrong somewhere. */
function checkCommand(text: string, lines: readonly string[], facts: ServiceFacts, problems: Problems): void {
  const command = curlInfer(facts);
  const sent = lines.findIndex((one) => one.includes(`/v2/models/${facts.name}/infer`));
  if (sent < 0 || text.includes(command)) return;
  // The line that is not there as it should be: the one in its place is shown.
  const expected = command.split('\n');
  const wrong = expected.findIndex((one) => !lines.includes(one));
  const line = sent + wrong - expected.findIndex((one) => one.includes('/infer'));
  problems.disagrees(
    README_FILE,
    'command that sends a request',
    lines[line] ?? null,
    expected[wrong] ?? null,
    line + 1,
  );
}
