/** Edits of the values of a generated chart, and what the check has to say about each. */
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { FIXTURES } from './fixtures.ts';

export const VALUES = 'chart/values.yaml';
const PRODUCTION = 'chart/values-production.yaml';
const INVALID = 'ARTIFACT_INVALID';
const DISAGREES = 'ARTIFACT_DISAGREES';

const faces = FIXTURES.faces!;
const traced: ServiceFacts = {
  ...faces,
  serving: { ...faces.serving, tracingUrl: 'http://otel-collector:4318/v1/traces' },
};

interface Expected {
  /** Text of the line that the finding points at, after the edit; null: the file as a whole. */
  readonly line: RegExp | null;
  readonly what?: string;
  readonly problem?: RegExp;
  readonly facts?: ServiceFacts;
}

export type Row = readonly [
  name: string,
  file: string,
  from: string | RegExp,
  to: string,
  code: 'ARTIFACT_INVALID' | 'ARTIFACT_DISAGREES' | 'METRIC_UNKNOWN',
  expected: Expected,
];

export const VALUE_ROWS: readonly Row[] = [
  ['another port', VALUES, 'http: 8000', 'http: 8080', DISAGREES, { line: /http: 8080/, what: 'ports.http' }],
  ['a port that is none', VALUES, 'http: 8000', 'http: 80000', INVALID, { line: /http: 80000/ }],
  ['an unknown value', VALUES, 'replicaCount:', 'replicas: 2\nreplicaCount:', INVALID, { line: /^replicas/ }],
  [
    'a misspelt value inside',
    VALUES,
    'minReplicas',
    'minReplica',
    INVALID,
    { line: /minReplica:|^autoscaling|enabled/ },
  ],
  ['another model', VALUES, 'name: faces', 'name: face', DISAGREES, { line: /name: face$/, what: 'model.name' }],
  [
    'GPUs that the service does not have',
    VALUES,
    'count: 0',
    'count: 1',
    DISAGREES,
    { line: /count/, what: 'gpu.count' },
  ],
  [
    'GPUs beside the setting for them',
    VALUES,
    /limits:\n/,
    'limits:\n    nvidia.com/gpu: "1"\n',
    INVALID,
    { line: /nvidia/, problem: /gpu\.count/ },
  ],
  ['a tag that moves', VALUES, /tag: .*/, 'tag: latest', INVALID, { line: /tag: latest/ }],
  [
    'a kill before the server is done',
    VALUES,
    'terminationGracePeriodSeconds: 50',
    'terminationGracePeriodSeconds: 30',
    INVALID,
    { line: /^terminationGracePeriodSeconds/ },
  ],
  [
    'a startup probe that gives up while the model loads',
    VALUES,
    /failureThreshold: 36/,
    'failureThreshold: 3',
    INVALID,
    { line: /failureThreshold/, problem: /gives 30 s to start/ },
  ],
  [
    'a deadline of the rollout before the pod may be ready',
    VALUES,
    /progressDeadlineSeconds: .*/,
    'progressDeadlineSeconds: 60',
    INVALID,
    { line: /^progressDeadlineSeconds/ },
  ],
  ['a rollout that can never begin', VALUES, 'maxSurge: 1', 'maxSurge: 0', INVALID, { line: /maxUnavailable/ }],
  [
    'fewer replicas at most than at least',
    VALUES,
    'maxReplicas: 8',
    'maxReplicas: 1',
    INVALID,
    { line: /maxReplicas/ },
  ],
  [
    'a queue time in milliseconds',
    VALUES,
    /queueTimeMicroseconds: \d+/,
    'queueTimeMicroseconds: 50',
    INVALID,
    { line: /queueTimeMicroseconds/, problem: /microseconds/ },
  ],
  ['a threshold as a text', VALUES, 'pendingRequestsPerPod: 1', 'pendingRequestsPerPod: "1"', INVALID, { line: /"1"/ }],
  ['an autoscaler that does not exist', VALUES, '  engine: hpa', '  engine: both', INVALID, { line: /engine/ }],
  [
    'two monitors of the same pods',
    VALUES,
    /podMonitor:\n {4}enabled: false/,
    'podMonitor:\n    enabled: true',
    INVALID,
    { line: /enabled: true/, problem: /twice/ },
  ],
  [
    'an interval that leaves a rate without samples',
    VALUES,
    'interval: 15s',
    'interval: 60s',
    INVALID,
    { line: /interval: 60s/ },
  ],
  ['an interval that is none', VALUES, 'interval: 15s', 'interval: often', INVALID, { line: /often/ }],
  [
    'a canary of the same image',
    VALUES,
    /canary:\n {2}enabled: false/,
    'canary:\n  enabled: true',
    INVALID,
    { line: /tag: ""/, problem: /canary/ },
  ],
  ...(['imageVolume', 'initContainer', 'pvc'] as const).map(
    (mode): Row => [
      `a model from nowhere (${mode})`,
      VALUES,
      'mode: image',
      `mode: ${mode}`,
      INVALID,
      { line: /: ""/, problem: new RegExp(`modelDelivery\\.${mode}`) },
    ],
  ),
  [
    'an Ingress without a host',
    VALUES,
    /ingress:\n {2}enabled: false/,
    'ingress:\n  enabled: true',
    INVALID,
    { line: /hosts/ },
  ],
  [
    'a route that no Gateway takes',
    VALUES,
    /httpRoute:\n {2}enabled: false/,
    'httpRoute:\n  enabled: true',
    INVALID,
    { line: /parentRefs/ },
  ],
  ['the administration of the server in the open', VALUES, '- /v2/health', '- /v2', INVALID, { line: /\/v2/ }],
  ['root', VALUES, 'runAsUser: 1000', 'runAsUser: 0', INVALID, { line: /runAsUser: 0/ }],
  [
    'rights beyond the restricted profile',
    VALUES,
    'allowPrivilegeEscalation: false',
    'allowPrivilegeEscalation: true',
    INVALID,
    { line: /allowPrivilegeEscalation/ },
  ],
  [
    'an environment variable twice',
    VALUES,
    'extraEnv: []',
    'extraEnv:\n  - name: A\n    value: a\n  - name: A\n    value: b',
    INVALID,
    { line: /name: A|extraEnv/ },
  ],
  [
    'traces that the network policy keeps in',
    VALUES,
    /tracing:\n {4}enabled: true/,
    'tracing:\n    enabled: false',
    INVALID,
    { line: /enabled: false/, facts: traced },
  ],
  [
    'a broken value for production only',
    PRODUCTION,
    'maxReplicas: 8',
    'maxReplicas: 1',
    INVALID,
    { line: /maxReplicas/ },
  ],
  ['an unknown value for production', PRODUCTION, 'replicaCount', 'replicas', INVALID, { line: /^replicas/ }],
  ['YAML that is none', PRODUCTION, 'autoscaling:', 'autoscaling: [', INVALID, { line: /./ }],
];
