/** That each check can fail: one edit of a generated folder, and what is said about it. */
import { describe, expect, test } from 'vitest';
import { checkDockerignore } from '../../src/artifacts/docker/check-dockerfile.ts';
import { Problems } from '../../src/artifacts/problems.ts';
import { checkAll, type Edit, FIXTURES, findingsAfter, generateAll } from './fixtures.ts';

const faces = FIXTURES.faces!;
const text = FIXTURES.text!;
const DOCKERFILE = 'Dockerfile';
const COMPOSE = 'compose.yaml';
const RULES = 'monitoring/prometheus/rules.yml';
const SCRAPE = 'monitoring/prometheus/prometheus.yml';
const DASHBOARD = 'monitoring/grafana/dashboards/faces.json';
const PROVIDER = 'monitoring/grafana/provisioning/dashboards/provider.yaml';
const SOURCES = 'monitoring/grafana/provisioning/datasources/prometheus.yaml';
const OPENAPI = 'openapi.json';
const INVALID = 'ARTIFACT_INVALID';
const DISAGREES = 'ARTIFACT_DISAGREES';

type Row = readonly [
  name: string,
  file: string,
  from: string | RegExp,
  to: string,
  code: Edit['code'],
  args?: Readonly<Record<string, unknown>>,
];

const SUITES: Readonly<Record<string, readonly Row[]>> = {
  docker: [
    ['a frontend from a registry', DOCKERFILE, /^/, '# syntax=docker/dockerfile:1\n', INVALID],
    ['an instruction that does not exist', DOCKERFILE, 'STOPSIGNAL', 'STOPSIGNALS', INVALID],
    ['a mount', DOCKERFILE, 'RUN chmod', 'RUN --mount=type=cache,target=/x chmod', INVALID],
    ['a chmod in COPY', DOCKERFILE, 'COPY --from=layout', 'COPY --chmod=755 --from=layout', INVALID],
    ['a heredoc', DOCKERFILE, 'RUN chmod', 'RUN <<EOF chmod', INVALID],
    ['root as the user', DOCKERFILE, 'USER 1000:1000', 'USER root', INVALID],
    ['no user of the last stage', DOCKERFILE, 'USER 1000:1000', '', INVALID],
    ['an entrypoint in a shell', DOCKERFILE, /ENTRYPOINT[\s\S]*/, 'ENTRYPOINT tritonserver', INVALID],
    [
      'another release of Triton',
      DOCKERFILE,
      '26.07-py3',
      '25.01-py3',
      DISAGREES,
      { found: '25.01', expected: '26.07' },
    ],
    [
      'another port of the server',
      DOCKERFILE,
      '--http-port=8000',
      '--http-port=9000',
      DISAGREES,
      { what: '--http-port' },
    ],
    ['other ports exposed', DOCKERFILE, 'EXPOSE 8000 8001 8002', 'EXPOSE 8000', DISAGREES, { what: 'EXPOSE' }],
    ['a health check of another port', DOCKERFILE, '127.0.0.1:8000', '127.0.0.1:8080', DISAGREES],
    ['a health check of another path', DOCKERFILE, '/v2/health/ready', '/health', DISAGREES],
    [
      'a histogram that rules need and nobody turns on',
      DOCKERFILE,
      /.*histogram_latencies.*\n/,
      '',
      DISAGREES,
      { what: 'metrics-config' },
    ],
    [
      'another model copied',
      DOCKERFILE,
      /(COPY --from.*)models\/faces(\/.*)models\/faces/g,
      '$1models/face$2models/face',
      DISAGREES,
    ],
    ['the command of another profile', DOCKERFILE, '"--http-port=8000"', '"--port=8000", "--http-port=9"', DISAGREES],
    ['a build context without the model', '.dockerignore', '!models', '!model', INVALID],
  ],
  compose: [
    ['a key that compose versions disagree about', COMPOSE, 'services:', 'version: "3"\nservices:', INVALID],
    ['an unknown key', COMPOSE, 'read_only', 'readonly', INVALID],
    ['YAML that is none', COMPOSE, 'services:', 'services: [', INVALID],
    [
      'a dependency that does not exist',
      COMPOSE,
      '      prometheus:\n        condition',
      '      prometheuss:\n        condition',
      INVALID,
    ],
    [
      'a wait for health that nobody checks',
      COMPOSE,
      /( {4}volumes:\n {6}- \.\/monitoring\/prometheus[\s\S]*?) {4}healthcheck:[\s\S]*?retries: 6\n/,
      '$1',
      INVALID,
    ],
    ['a mount of nothing', COMPOSE, './monitoring/prometheus:', './prometheus:', DISAGREES],
    ['another port', COMPOSE, '127.0.0.1:8000:8000', '127.0.0.1:8000:8080', DISAGREES, { what: 'ports' }],
    ['a health check of another port', COMPOSE, '127.0.0.1:8000/v2', '127.0.0.1:8001/v2', DISAGREES],
    ['no server', COMPOSE, /server:\n {4}image: faces/, 'serving:\n    image: other', DISAGREES],
  ],
  prometheus: [
    ['rules that are not read', SCRAPE, 'rules.yml', 'rule.yml', DISAGREES, { what: 'rule_files' }],
    ['another port scraped', SCRAPE, 'server:8002', 'server:8000', DISAGREES, { what: 'targets' }],
    ['another host scraped than compose has', SCRAPE, 'server:8002', 'triton:8002', DISAGREES, { what: 'targets' }],
    [
      'another job, which the alerts do not know',
      SCRAPE,
      'job_name: faces',
      'job_name: face',
      DISAGREES,
      { what: 'job_name' },
    ],
    [
      'a metric that Triton does not have',
      RULES,
      /nv_inference_request_failure/,
      'nv_inference_request_failures',
      'METRIC_UNKNOWN',
      { metric: 'nv_inference_request_failures' },
    ],
    [
      'a counter with a suffix that Triton does not write',
      RULES,
      'nv_inference_queue_duration_us{',
      'nv_inference_queue_duration_us_total{',
      'METRIC_UNKNOWN',
    ],
    [
      'a recording that nobody makes',
      RULES,
      /record: model:nimify_error_ratio:rate1h\b/,
      'record: model:other',
      'METRIC_UNKNOWN',
    ],
    ['a label that the metric does not have', RULES, 'reason="REJECTED"', 'cause="REJECTED"', INVALID],
    [
      'another model',
      RULES,
      'nv_inference_request_failure{model="faces"',
      'nv_inference_request_failure{model="other"',
      DISAGREES,
    ],
    ['an objective that is no bucket', RULES, /le=~"100\|100.0"/g, 'le="120"', DISAGREES],
    ['rules that do not read the objective', RULES, /le=~"100\|100.0"/g, 'le="250"', DISAGREES],
    ['an expression that does not parse', RULES, 'sum by (model) (rate', 'sum by (model) ((rate', INVALID],
    [
      'a counter without rate',
      RULES,
      /rate\(nv_inference_request_failure(\{[^}]*\})\[5m\]\)/,
      '(nv_inference_request_failure$1)',
      INVALID,
    ],
    ['an alert that one odd scrape fires', RULES, /\n +for: 2m/, '', INVALID],
    ['an alert for nobody', RULES, /severity: critical/, 'level: critical', INVALID],
    [
      'an average of ratios',
      RULES,
      /expr: \|-\n +sum by \(model\) \(rate\(nv_inference_queue_duration_us/,
      'expr: avg(rate(nv_inference_queue_duration_us[5m]) / rate(nv_inference_request_success[5m]))\n        old: |-\n          sum by (model) (rate(nv_inference_queue_duration_us',
      INVALID,
    ],
    ['a runbook that is not there', RULES, 'runbooks/NimifyQueueShareHigh.md', 'runbooks/Queue.md', INVALID],
    ['no rules', RULES, /[\s\S]*/, 'groups: []\n', INVALID],
    ['no tests', 'monitoring/prometheus/rules.test.yml', /tests:[\s\S]*/, 'tests: []\n', INVALID],
  ],
  grafana: [
    ['a dashboard in a wrapper', DASHBOARD, /[\s\S]*/, '{"dashboard":{"title":"x"}}', INVALID],
    ['JSON that is none', DASHBOARD, /\}\s*$/, '', INVALID],
    ['a fixed id', DASHBOARD, '"id": null', '"id": 7', INVALID],
    ['a short uid', DASHBOARD, '"uid": "nimify-faces"', '"uid": "faces"', INVALID],
    ['no title', DASHBOARD, /^ {2}"title": "faces"/m, '  "title": ""', INVALID],
    ['two panels with one id', DASHBOARD, '"id": 2,', '"id": 1,', INVALID],
    ['inputs of an export', DASHBOARD, /^\{/, '{"__inputs": [],', INVALID],
    ['panels that overlap', DASHBOARD, /"x": 4,\n {8}"y": 0/, '"x": 3,\n        "y": 0', INVALID],
    ['a panel beyond the last column', DASHBOARD, /"x": 20/, '"x": 21', INVALID],
    ['a fixed data source', DASHBOARD, /\$\{datasource\}/g, 'prometheus', INVALID],
    [
      'a metric that Triton does not have',
      DASHBOARD,
      'nv_inference_pending_request_count',
      'cpu_utilization',
      'METRIC_UNKNOWN',
      { metric: 'cpu_utilization' },
    ],
    ['a bucket that is not there', DASHBOARD, '100|100.0', '120', DISAGREES],
    ['a panel without a query', DASHBOARD, /"expr": ".*"/, '"expr": ""', INVALID],
    ['a panel type that Grafana has removed', DASHBOARD, '"type": "timeseries"', '"type": "graph"', INVALID],
    ['dashboards that are looked for elsewhere', PROVIDER, '/etc/grafana/dashboards', '/dashboards', DISAGREES],
    ['no provider', PROVIDER, /providers:[\s\S]*/, 'providers: []\n', INVALID],
    ['no Prometheus', SOURCES, 'type: prometheus', 'type: loki', INVALID],
    ['a data source without a URL', SOURCES, 'http://prometheus:9090', 'prometheus', INVALID],
  ],
  openapi: [
    ['JSON that is none', OPENAPI, '{', '', INVALID],
    ['another version of OpenAPI', OPENAPI, '"openapi": "3.1.0"', '"openapi": "2.0"', INVALID],
    ['no title', OPENAPI, /"title": "faces"/, '"title": ""', INVALID],
    ['a reference to nothing', OPENAPI, '#/components/schemas/Error', '#/components/schemas/Errors', INVALID],
    ['another model in the paths', OPENAPI, /models\/faces\/infer/, 'models/face/infer', DISAGREES, { what: 'paths' }],
    ['another port', OPENAPI, 'localhost:8000', 'localhost:8080', DISAGREES],
    ['another input', OPENAPI, '"const": "input"', '"const": "image"', DISAGREES, { what: 'inputs' }],
    ['another type', OPENAPI, '"const": "FP32"', '"const": "UINT8"', DISAGREES, { what: 'datatype of input' }],
    ['another shape', OPENAPI, '"const": 240', '"const": 224', DISAGREES, { what: 'shape of input' }],
  ],
};

describe.each(Object.entries(SUITES))('the check of %s', (id, rows) => {
  test.each(rows.map((row) => [row[0], row] as const))('reports %s', async (name, [, file, from, to, code, args]) => {
    const findings = await findingsAfter({ name, facts: faces, file, from, to, code, ...(args && { args }) }, id);
    const where = expect.stringContaining(file);
    const expected = { code, where, args: expect.objectContaining({ artifact: id, file, ...args }) };
    expect(findings).toContainEqual(expect.objectContaining(expected));
  });
});

describe('files that other people wrote', () => {
  test('are told apart from those for a GPU: a reservation that is missing is reported', async () => {
    const edit = {
      name: '',
      facts: text,
      file: COMPOSE,
      from: /\n {8}reservations:[\s\S]*?- gpu/,
      to: '',
      code: DISAGREES,
    } as const;
    expect(await findingsAfter(edit, 'compose')).toContainEqual(
      expect.objectContaining({ args: expect.objectContaining({ what: 'reserved GPUs', found: [], expected: [1] }) }),
    );
  });

  test('leave a port to the default of the server: that is what is compared', async () => {
    const edit = {
      name: '',
      facts: text,
      file: DOCKERFILE,
      from: /.*--metrics-port.*\n/,
      to: '',
      code: DISAGREES,
    } as const;
    expect(await findingsAfter(edit, 'docker')).toContainEqual(
      expect.objectContaining({
        args: expect.objectContaining({ what: '--metrics-port', found: 8002, expected: 9002 }),
      }),
    );
  });

  test('may name the objective in one way or the other, and the histogram by two words', async () => {
    const files = await generateAll(faces);
    const rules = files.get(RULES)!.replaceAll('le=~"100|100.0"', 'le="100"');
    const dockerfile = files.get(DOCKERFILE)!.replace('"--metrics-config=histogram', '"--metrics-config", "histogram');
    const findings = await checkAll(new Map([...files, [RULES, rules], [DOCKERFILE, dockerfile]]), faces);
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('a change of the buckets in config.pbtxt is seen by the rules and the dashboard that need them', async () => {
    const files = await generateAll(faces);
    const config = files.get('models/faces/config.pbtxt')!.replace(' 100,', ' 110,');
    const findings = await checkAll(new Map([...files, ['models/faces/config.pbtxt', config]]), faces);
    const artifacts = new Set(findings.filter(({ code }) => code === DISAGREES).map(({ args }) => args.artifact));
    expect(artifacts).toEqual(new Set(['triton', 'helm', 'prometheus', 'grafana']));
  });

  test.each([
    ['models\n', false],
    ['*\n', false],
    ['**\n!models/**\n', true],
    ['*.md\n# models\n', true],
    ['', true],
  ])('a .dockerignore of %j lets the model through: %s', (content, isFine) => {
    const problems = new Problems('docker', new Map());
    checkDockerignore(content, problems);
    expect(problems.findings.length === 0).toBe(isFine);
  });
});

test('a fault in one of several rules of the same name is found at its own line', async () => {
  const files = await generateAll(faces);
  const lines = files.get(RULES)!.split('\n');
  const last = lines.findLastIndex((line) => line.includes('alert: NimifyErrorBudgetBurn'));
  const at = lines.findIndex((line, index) => index > last && / for: /.test(line));
  const changed = lines.filter((_, index) => index !== at).join('\n');
  const findings = await checkAll(new Map([...files, [RULES, changed]]), faces, 'prometheus');
  expect(findings.map(({ where }) => where)).toContain(`${RULES}:${last + 1}`);
});
