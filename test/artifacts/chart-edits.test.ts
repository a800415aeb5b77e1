/** That the check of the chart can fail: one edit of a generated chart, and what is said about it on which line. */
import { describe, expect, test } from 'vitest';
import { type Row, VALUE_ROWS, VALUES } from './chart-values-edits.ts';
import { checkAll, FIXTURES, findingsAfter, generateAll } from './fixtures.ts';

const faces = FIXTURES.faces!;
const CHART = 'chart/Chart.yaml';
const ADAPTER = 'chart/files/prometheus-adapter-rules.yaml';
const SHARED = 'chart/templates/_deployment.tpl';
const DEPLOYMENT = 'chart/templates/deployment.yaml';
const HPA = 'chart/templates/hpa.yaml';
const KEDA = 'chart/templates/scaledobject.yaml';
const PDB = 'chart/templates/pdb.yaml';
const INVALID = 'ARTIFACT_INVALID';
const DISAGREES = 'ARTIFACT_DISAGREES';

const METADATA: readonly Row[] = [
  ['another name of the chart', CHART, 'name: faces', 'name: face', DISAGREES, { line: /^name:/, what: 'name' }],
  ['an old chart format', CHART, 'apiVersion: v2', 'apiVersion: v1', DISAGREES, { line: /^apiVersion/ }],
  ['a version that is none', CHART, /\nversion: .*/, '\nversion: one', INVALID, { line: /^version/ }],
  [
    'an appVersion that YAML reads as a number',
    CHART,
    /appVersion: .*/,
    'appVersion: 1.10',
    INVALID,
    { line: /^appVersion/ },
  ],
  ['a schema that is no JSON', 'chart/values.schema.json', '{', '', INVALID, { line: null }],
  ['a dashboard with an id', 'chart/files/dashboards/dashboard.json', '"id": null', '"id": 1', INVALID, { line: null }],
  [
    'a test request without an input of the model',
    'chart/files/test-request.json',
    '"name":"input"',
    '"name":"image"',
    DISAGREES,
    { line: null, what: 'inputs' },
  ],
  [
    'a rule on a metric that Triton does not have',
    'chart/files/rules.yaml',
    'nv_inference_queue_duration_us',
    'nv_queue_us',
    'METRIC_UNKNOWN',
    { line: null },
  ],
];

const TEMPLATE_ROWS: readonly Row[] = [
  [
    'a startup probe of another path',
    SHARED,
    'path: /v2/health/ready',
    'path: /health',
    DISAGREES,
    { line: /path: \/health/, what: 'startupProbe' },
  ],
  [
    'a liveness probe that kills a server which is not ready',
    SHARED,
    'path: /v2/health/live',
    'path: /v2/health/ready',
    DISAGREES,
    { line: /path: \/v2\/health\/ready/, what: 'livenessProbe' },
  ],
  ['no startup probe', SHARED, 'startupProbe:', 'readinessProbe:', INVALID, { line: /./, problem: /startupProbe/ }],
  ['no preStop', SHARED, 'preStop:', 'postStart:', INVALID, { line: /./, problem: /preStop/ }],
  [
    'a grace period that the values do not set',
    SHARED,
    'terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}',
    'terminationGracePeriodSeconds: 30',
    INVALID,
    { line: /./, problem: /terminationGracePeriodSeconds/ },
  ],
  [
    'a token that nobody needs',
    SHARED,
    'automountServiceAccountToken: false',
    'automountServiceAccountToken: true',
    INVALID,
    { line: /./, problem: /token/ },
  ],
  ['no shared memory', SHARED, '/dev/shm', '/shm', INVALID, { line: /./, problem: /dev\/shm/ }],
  [
    'two Deployments that own the same pods',
    SHARED,
    /(selectorLabels" \. \| nindent 4 \}\})\n\s+track: .*/,
    '$1',
    INVALID,
    { line: /./, problem: /canary/ },
  ],
  [
    'replicas beside an autoscaler',
    DEPLOYMENT,
    '{{- if not .Values.autoscaling.enabled }}',
    '{{- if .Values.replicaCount }}',
    INVALID,
    { line: /replicas:/, problem: /autoscaler/ },
  ],
  [
    'a HorizontalPodAutoscaler beside KEDA',
    HPA,
    '(eq .Values.autoscaling.engine "hpa")',
    '.Values.autoscaling.metric',
    INVALID,
    { line: /^kind/, problem: /KEDA/ },
  ],
  [
    'KEDA beside a HorizontalPodAutoscaler',
    KEDA,
    '(eq .Values.autoscaling.engine "keda")',
    '.Values.autoscaling.metric',
    INVALID,
    { line: /^kind/, problem: /ScaledObject/ },
  ],
  [
    'a query of KEDA for a metric that does not exist',
    KEDA,
    'nv_inference_pending_request_count',
    'nv_pending_requests',
    'METRIC_UNKNOWN',
    { line: /nv_pending_requests/ },
  ],
  [
    'a disruption budget of one replica',
    PDB,
    '(gt (int $replicas) 1)',
    '$replicas',
    INVALID,
    { line: /^kind/, problem: /draining/ },
  ],
  [
    'a value that does not exist',
    DEPLOYMENT,
    '.Values.replicaCount',
    '.Values.replicas',
    INVALID,
    { line: /replicas/ },
  ],
  ['a definition that does not exist', DEPLOYMENT, '"faces.labels"', '"faces.label"', INVALID, { line: /label"/ }],
  ['a block that is not ended', DEPLOYMENT, '{{- end }}', '', INVALID, { line: /if not/ }],
  ['an end too many', DEPLOYMENT, 'kind: Deployment', 'kind: Deployment {{ end }}', INVALID, { line: /^kind|end/ }],
  ['braces that are not closed', DEPLOYMENT, /\}\}\s*$/, '', INVALID, { line: /\{\{/ }],
];

const ADAPTER_ROWS: readonly Row[] = [
  [
    'a mean of series',
    ADAPTER,
    'sum by (<<.GroupBy>>) (rate(nv_inference_queue',
    'avg by (<<.GroupBy>>) (rate(nv_inference_queue',
    INVALID,
    { line: /avg by/, problem: /mean/ },
  ],
  [
    'the rule of the example of Triton',
    ADAPTER,
    'clamp_min(sum by (<<.GroupBy>>) (rate(nv_inference_request_success{<<.LabelMatchers>>}[2m])), 1e-9)',
    '(1 + sum by (<<.GroupBy>>) (rate(nv_inference_request_success{<<.LabelMatchers>>}[2m])))',
    INVALID,
    { line: /1 \+/, problem: /too little/ },
  ],
  [
    'a raw counter',
    ADAPTER,
    'rate(nv_inference_queue_duration_us{<<.LabelMatchers>>}[2m])',
    'nv_inference_queue_duration_us{<<.LabelMatchers>>}',
    INVALID,
    { line: /metricsQuery/, problem: /without rate/ },
  ],
  [
    'one value for all pods',
    ADAPTER,
    / by \(<<.GroupBy>>\) \(nv/,
    ' (nv',
    INVALID,
    { line: /sum \(nv/, problem: /every pod/ },
  ],
  ['a window of two scrapes', ADAPTER, /\[2m\]/g, '[30s]', INVALID, { line: /30s/, problem: /four scrapes/ }],
  [
    'a name that the autoscaler does not ask for',
    ADAPTER,
    'as: nimify_queue_time_us',
    'as: queue_time',
    INVALID,
    { line: /seriesQuery/, problem: /nimify_queue_time_us/ },
  ],
  [
    'pods that cannot be told apart',
    ADAPTER,
    /pod:\n\s+resource: pod/,
    'pod:\n            resource: node',
    INVALID,
    { line: /overrides/ },
  ],
  ['a metric that Triton does not have', ADAPTER, /duration_us\{<</, 'time_us{<<', 'METRIC_UNKNOWN', { line: null }],
];

const ROWS = [...METADATA, ...VALUE_ROWS, ...TEMPLATE_ROWS, ...ADAPTER_ROWS];

describe('the check of helm', () => {
  test.each(ROWS.map((row) => [row[0], row] as const))('reports %s', async (name, row) => {
    const [, file, from, to, code, { line, what, problem, facts = faces }] = row;
    const findings = await findingsAfter({ name, facts, file, from, to, code }, 'helm');
    const args = {
      artifact: 'helm',
      file,
      ...(what && { what }),
      ...(problem && { problem: expect.stringMatching(problem) }),
    };
    const found = findings.filter((finding) => finding.code === code && finding.args.file === file);
    expect(findings).toContainEqual(expect.objectContaining({ code, args: expect.objectContaining(args) }));
    if (line === null) return;
    const edited = (await generateAll(facts)).get(file)!.replace(from, to).split('\n');
    const lines = found.map(({ where }) => edited[Number(where?.split(':')[1]) - 1] ?? `no line in ${where}`);
    expect(lines).toContainEqual(expect.stringMatching(line));
  });

  test('says once what is wrong in values.yaml, not again for each environment', async () => {
    const files = await generateAll(faces);
    const values = files.get(VALUES)!.replace('runAsUser: 1000', 'runAsUser: 0');
    const findings = await checkAll(new Map([...files, [VALUES, values]]), faces, 'helm');
    expect(findings.filter(({ severity }) => severity === 'error')).toHaveLength(1);
  });

  test('asks in a sequence where Triton keeps the state, and sends the state to nobody', async () => {
    const tensor = (name: string, shape: (string | number)[]) => ({ name, dataType: 'float32', shape });
    const model = {
      ...faces.model,
      inputs: [tensor('x', ['batch', 4]), tensor('h', ['batch', 8])],
      outputs: [tensor('y', ['batch', 2]), tensor('hn', ['batch', 8])],
      states: [{ input: 'h', output: 'hn' }],
    };
    const facts = { ...faces, model };
    const files = await generateAll(facts);
    const request = JSON.parse(files.get('chart/files/test-request.json')!);
    expect(request.inputs.map(({ name }: { name: string }) => name)).toEqual(['x']);
    expect(request.parameters).toMatchObject({ sequence_start: true, sequence_end: true });
    expect((await checkAll(files, facts, 'helm')).filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('takes the model from where the values say', async () => {
    const files = await generateAll(faces);
    const values = files.get(VALUES)!.replace('mode: image', 'mode: pvc').replace('claimName: ""', 'claimName: models');
    expect(await checkAll(new Map([...files, [VALUES, values]]), faces, 'helm')).toEqual([]);
  });
});
