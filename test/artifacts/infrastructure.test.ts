/** Manifests, the Terraform module and the pipelines: one edit each, and what is said about it, with the line. */
import { describe, expect, test } from 'vitest';
import { HclError, hclTokens } from '../../src/artifacts/terraform/tokens.ts';
import type { FindingCode } from '../../src/base/findings.ts';
import { checkAll, FIXTURES, generateAll } from './fixtures.ts';

const faces = FIXTURES.faces!;
const text = FIXTURES.text!;
const INVALID = 'ARTIFACT_INVALID';
const DISAGREES = 'ARTIFACT_DISAGREES';
const DEPLOYMENT = 'kustomize/base/deployment.yaml';
const KSERVE = 'kserve/inferenceservice.yaml';
const MAIN = 'terraform/main.tf';
const VARIABLES = 'terraform/variables.tf';
const GITHUB = 'ci/github-actions.yaml';
const GITLAB = 'ci/gitlab-ci.yml';

type Row = readonly [
  name: string,
  file: string,
  from: string | RegExp,
  to: string,
  code: FindingCode,
  facts?: typeof faces,
];

const SUITES: Readonly<Record<string, readonly Row[]>> = {
  kustomize: [
    ['an image of another model', DEPLOYMENT, /image: faces:\w+/, 'image: faces:latest', DISAGREES],
    ['a port that the server does not have', DEPLOYMENT, 'containerPort: 8001', 'containerPort: 9001', INVALID],
    [
      'a liveness probe that asks for readiness',
      DEPLOYMENT,
      'path: /v2/health/live',
      'path: /v2/health/ready',
      DISAGREES,
    ],
    ['a start that is shorter than loading', DEPLOYMENT, /failureThreshold: 36/, 'failureThreshold: 2', INVALID],
    [
      'a grace period that ends before the server does',
      DEPLOYMENT,
      /GracePeriodSeconds: \d+/,
      'GracePeriodSeconds: 30',
      INVALID,
    ],
    ['root as the user', DEPLOYMENT, 'runAsNonRoot: true', 'runAsNonRoot: false', DISAGREES],
    ['a writable file system', DEPLOYMENT, 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', DISAGREES],
    ['capabilities that are kept', DEPLOYMENT, /drop:\s+- ALL/, 'drop: []', DISAGREES],
    ['more GPUs than the service has', DEPLOYMENT, /(limits:[^l]*nvidia.com\/gpu: )"1"/, '$1"2"', DISAGREES, text],
    ['another port of the Service', 'kustomize/base/service.yaml', 'port: 8000', 'port: 80', DISAGREES],
    [
      'a Service that the rules do not find',
      'kustomize/base/service.yaml',
      'dev/service: faces',
      'dev/service: face',
      DISAGREES,
    ],
    ['a resource that is not there', 'kustomize/base/kustomization.yaml', '- service.yaml', '- services.yaml', INVALID],
    ['an overlay of another base', 'kustomize/overlays/dev/kustomization.yaml', '../../base', '../base', INVALID],
    [
      'a component that is not there',
      'kustomize/overlays/production/kustomization.yaml',
      'components/monitoring',
      'components/metrics',
      INVALID,
    ],
    ['no YAML', DEPLOYMENT, 'spec:', 'spec: [', INVALID],
  ],
  kserve: [
    ['the first protocol', KSERVE, 'protocolVersion: v2', 'protocolVersion: v1', DISAGREES],
    ['another release of Triton', KSERVE, '26.07-py3', '24.01-py3', DISAGREES],
    ['a model that is not in an image', KSERVE, 'oci://', 's3://', INVALID],
    ['no GPU for a model on GPUs', KSERVE, /(limits:[^l]*)nvidia.com\/gpu: "1"\n/, '$1cores: 1\n', INVALID, text],
    ['fewer pods at most than at least', KSERVE, /maxReplicas: \d+/, 'maxReplicas: 1', INVALID],
    ['a start that is shorter than loading', KSERVE, /failureThreshold: \d+/, 'failureThreshold: 2', INVALID],
    ['another kind', KSERVE, 'kind: InferenceService', 'kind: Inference', DISAGREES],
  ],
  terraform: [
    ['a bracket that does not end', MAIN, /\}\s*$/, '\n', INVALID],
    [
      'a text that does not end',
      MAIN,
      '"kubernetes_namespace_v1" "service"',
      '"kubernetes_namespace_v1" "service',
      INVALID,
    ],
    ['a variable that nobody declares', MAIN, 'var.replicas', 'var.replica_count', INVALID],
    ['another chart', MAIN, '/../chart"', '/chart"', DISAGREES],
    ['the image of another model', VARIABLES, /default {5}= "01234\w+"/, 'default     = "0.1"', DISAGREES],
    ['less time than one pod needs', VARIABLES, /default {5}= \d{4}/, 'default     = 300', INVALID],
    ['another number of pods', VARIABLES, 'default     = 2', 'default     = 3', DISAGREES],
  ],
  pipelines: [
    ['an action by its tag', GITHUB, /actions\/checkout@\w+/, 'actions/checkout@v4', INVALID],
    ['no validation', GITHUB, /validate "\$SERVICE"/, 'doctor', INVALID],
    [
      'a title in a shell',
      GITHUB,
      'docker build',
      'echo $' + '{{ github.event.head_commit.message }}; docker build',
      INVALID,
    ],
    ['a rollout without time', GITHUB, /--timeout \d+s/, '--timeout 60s', INVALID],
    ['a rollout with the default of helm', GITLAB, /--timeout \d+s/, '', INVALID],
    ['a chart that is not there', GITLAB, '$SERVICE/chart', '$SERVICE/helm', INVALID],
    ['the tag of another model', GITLAB, /TAG: .*/, 'TAG: latest', DISAGREES],
  ],
};

describe.each(Object.entries(SUITES))('the check of %s finds', (id, rows) => {
  test.each(rows.map((row) => [row[0], row] as const))('%s', async (_, row) => {
    const [, file, from, to, code, facts = faces] = row;
    const files = await generateAll(facts);
    const before = files.get(file)!;
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    const findings = await checkAll(new Map([...files, [file, after]]), facts, id);
    const found = findings.filter(({ severity }) => severity === 'error');
    expect(found.map((finding) => finding.code)).toContain(code);
    expect(found[0]?.where).toMatch(new RegExp(`^${file.replaceAll('.', '\\.')}:\\d+$`));
    // The line is that of the edit, or of what it took away.
    const changed = before.split('\n').findIndex((line, index) => line !== after.split('\n')[index]) + 1;
    const line = Number(found[0]?.where?.split(':').at(-1));
    expect(Math.abs(line - changed)).toBeLessThanOrEqual(
      /never runs|without its/.test(String(found[0]?.args.problem)) ? 99 : 12,
    );
  });
});

describe('the lexical layer of HCL', () => {
  test('passes over comments, texts and what is inside of interpolations', () => {
    expect(hclTokens('a = "x # {" # {\nb = "$' + '{f("}")}" // (\n/* [ */ c = [1, (2)]\n')).toBeGreaterThan(0);
  });

  test.each([
    ['a = {\n\n', 1],
    ['a = [1\n}\n', 2],
    ['a = "x\n', 1],
    ['\n/* x', 2],
    [')', 1],
  ])('says where %j does not end', (source, line) => {
    expect(() => hclTokens(source)).toThrow(HclError);
    try {
      hclTokens(source);
    } catch (error) {
      expect((error as HclError).line).toBe(line);
    }
  });
});

test('a service that sends traces may reach its collector, and no other may reach anybody', async () => {
  const policy = 'kustomize/base/networkpolicy.yaml';
  expect((await generateAll(faces)).get(policy)).toContain('egress: []');
  const traced = { ...faces, serving: { ...faces.serving, tracingUrl: 'http://otel-collector:4318/v1/traces' } };
  const text = (await generateAll(traced)).get(policy)!;
  expect(text).not.toContain('egress: []');
  expect(text).toMatch(/port: 53\n[\s\S]*port: 4318/);
});
