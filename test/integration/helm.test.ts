/** Generated charts judged by Helm 3, Helm 4 and kubeconform. Each part skips where its program is missing. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { writeTree } from '../../src/base/write-files.ts';
import { FIXTURES, generateAll } from '../artifacts/fixtures.ts';
import { VARIANTS } from '../artifacts/variants.ts';
import { has, ran } from './programs.ts';

// What a helm built by `go install` believes to talk to is older than the chart allows.
const KUBERNETES = ['--kube-version', '1.36.0'];
const MONITORED = ['--api-versions', 'monitoring.coreos.com/v1'];
const CASES = Object.entries(VARIANTS);

/** Everything that can be on at once; engines, monitors and ways of delivery exclude each other. */
const SETTINGS: Readonly<Record<string, unknown>> = {
  adapter: {
    autoscaling: { enabled: true, engine: 'hpa', metric: 'queueTime' },
    canary: { enabled: true, image: { tag: 'next' } },
    httpRoute: { enabled: true, parentRefs: [{ name: 'gateway' }], hostnames: ['model.example'] },
    monitoring: { serviceMonitor: { enabled: false }, podMonitor: { enabled: true } },
    modelDelivery: {
      mode: 'initContainer',
      initContainer: {
        image: 'rclone/rclone:1.71',
        command: ['rclone', 'copy'],
        args: ['bucket:models', '/models'],
        env: [{ name: 'RCLONE_CONFIG', value: '/tmp/rclone' }],
        envFrom: [{ secretRef: { name: 'bucket' } }],
        sizeLimit: '8Gi',
      },
    },
    networkPolicy: { tracing: { enabled: true } },
    extraEnv: [{ name: 'A', value: 'b' }],
    extraVolumes: [{ name: 'extra', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
    initContainers: [{ name: 'first', image: 'busybox:1' }],
    sidecars: [{ name: 'beside', image: 'busybox:1' }],
  },
  keda: {
    autoscaling: {
      enabled: true,
      engine: 'keda',
      metric: 'pending',
      keda: { authenticationRef: { name: 'prometheus' } },
    },
    canary: { enabled: true, replicas: 2, image: { digest: `sha256:${'0'.repeat(64)}` } },
    ingress: { enabled: true, className: 'nginx', hosts: ['model.example'], annotations: { a: 'b' } },
    modelDelivery: { mode: 'imageVolume', imageVolume: { reference: 'registry/model:1', subPath: 'models' } },
    priorityClassName: 'serving',
    runtimeClassName: 'nvidia',
    gpu: { count: 1, resourceName: 'nvidia.com/mig-1g.10gb', productSelector: 'NVIDIA-H100' },
    networkPolicy: { extraEgress: [{ ports: [{ port: 443 }] }] },
  },
  claim: {
    autoscaling: { enabled: true, engine: 'keda', metric: 'queueTime' },
    modelDelivery: { mode: 'pvc', verify: false, pvc: { claimName: 'models', subPath: 'a' } },
    topologySpread: { hostname: '', zone: '' },
  },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nimify-charts-'));
  for (const [name, facts] of Object.entries({ ...FIXTURES, ...VARIANTS })) {
    const files = [...(await generateAll(facts))].filter(([path]) => path.startsWith('chart/'));
    await writeTree(
      join(folder, name),
      files.map(([path, content]) => ({ path, content })),
    );
  }
  for (const [name, values] of Object.entries(SETTINGS))
    await writeFile(join(folder, `${name}.yaml`), JSON.stringify(values));
  await writeFile(join(folder, 'default.yaml'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (command: string, args: readonly string[], input?: string) => ran(command, args, { cwd: folder, input });

function template(name: string, ...args: string[]) {
  return run('helm', ['template', 'release', join(name, 'chart'), '--namespace', 'space', ...KUBERNETES, ...args]);
}

const kinds = (text: string) => [...text.matchAll(/^kind: (\w+)$/gm)].map((match) => match[1]).sort();
const objects = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

const hasHelm = has('helm', ['version']);
const hasBoth = hasHelm && has('helm4', ['version']);
const schemas = process.env.KUBERNETES_SCHEMAS;
const isJudged = hasHelm && schemas !== undefined && has('kubeconform', ['-v']);

describe.skipIf(!hasBoth)('Helm 3 and Helm 4 (helm and helm4)', () => {
  test.each(CASES)('find nothing to say about the chart of %s', (name) => {
    for (const helm of ['helm', 'helm4']) {
      for (const values of ['default.yaml', 'adapter.yaml']) {
        const { status, text } = run(helm, ['lint', '--strict', join(name, 'chart'), '--values', values]);
        expect(status, `${helm} ${values}: ${text}`).toBe(0);
      }
    }
  });

  test.each(CASES)('render the chart of %s alike, whatever is turned on', (name) => {
    for (const values of ['default.yaml', 'adapter.yaml', 'keda.yaml', 'claim.yaml']) {
      const args = ['template', 'release', join(name, 'chart'), '--values', values, ...KUBERNETES, ...MONITORED];
      const [first, second] = ['helm', 'helm4'].map((helm) => run(helm, args));
      expect(first?.status, first?.text).toBe(0);
      for (const object of objects(first?.text ?? '')) expect(object?.metadata?.name).toMatch(/^[a-z]/);
      expect(objects(second?.text ?? '')).toEqual(objects(first?.text ?? ''));
    }
  });
});

describe.skipIf(!isJudged)('kubeconform with schemas that refuse unknown keys (KUBERNETES_SCHEMAS)', () => {
  const judge = (input: string) =>
    run(
      'kubeconform',
      ['-strict', '-summary', '-schema-location', `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`, '-'],
      input,
    );
  const everything = ['default', 'adapter', 'keda', 'claim'];

  test.each(CASES)('accepts every object of the chart of %s', (name) => {
    const all = everything.map((values) => template(name, ...MONITORED, '--values', `${values}.yaml`).text);
    const { status, text } = judge(all.join('\n---\n'));
    expect(status, text).toBe(0);
    expect(text).toMatch(/Skipped: 0/);
  });

  test.each([
    ['a key that a Deployment does not have', 'revisionHistoryLimit:', 'revisionsHistoryLimit:', 'default'],
    ['a key that a ScaledObject does not have', 'pollingInterval:', 'pollInterval:', 'keda'],
    ['a number where a ScaledObject takes a text', /threshold: "(\d+)"/, 'threshold: $1', 'keda'],
    ['a key that a PodMonitor does not have', 'podMetricsEndpoints:', 'podMetricEndpoints:', 'adapter'],
    ['a weight that is none', 'weight: 95', 'weight: most', 'adapter'],
  ])('refuses %s', (_, from, to, values) => {
    const { text } = template('faces', ...MONITORED, '--values', `${values}.yaml`);
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    expect(judge(changed).status).toBe(1);
  });
});

describe.skipIf(!hasHelm)('helm', () => {
  test.each(Object.entries(FIXTURES))(
    'renders the chart of %s, with what the operator of Prometheus reads only where it is',
    (name, facts) => {
      const plain = template(name);
      expect(plain.status, plain.text).toBe(0);
      const expected = [
        'ConfigMap',
        'ConfigMap',
        'Deployment',
        'NetworkPolicy',
        'Pod',
        'Pod',
        'Service',
        'ServiceAccount',
      ];
      if (facts.serving.replicas > 1) expected.push('PodDisruptionBudget');
      expect(kinds(plain.text)).toEqual(expected.sort());
      expect(kinds(template(name, ...MONITORED).text)).toEqual(
        [...expected, 'PrometheusRule', 'ServiceMonitor'].sort(),
      );
    },
  );

  test.each(['dev', 'staging', 'production'])('renders with the values of %s', (environment) => {
    const { status, text } = template('faces', '--values', `faces/chart/values-${environment}.yaml`);
    expect(status, text).toBe(0);
    expect(kinds(text).includes('HorizontalPodAutoscaler')).toBe(environment === 'production');
    expect(kinds(text).includes('PodDisruptionBudget')).toBe(environment === 'production');
  });

  test('brings every dashboard, under the name of the release', () => {
    const map = objects(template('text').text).find(({ metadata }) => metadata.name === 'release-no-dashboard');
    expect(Object.keys(map.data)).toEqual(['release-no-gpu.json', 'release-no-model.json', 'release-no.json']);
    for (const text of Object.values<string>(map.data)) expect(JSON.parse(text)).toHaveProperty('panels');
  });

  test('puts namespace and service of the release into the rules', () => {
    const { text } = template('faces', ...MONITORED);
    expect(text).toContain('namespace="space",service="release-faces"');
    expect(text).not.toMatch(/RELEASE_(NAMESPACE|SERVICE)/);
  });

  test.each(['adapter', 'keda'])(
    'leaves the number of replicas to the autoscaler (%s), of which there is one',
    (values) => {
      const { text } = template('faces', '--values', `${values}.yaml`);
      const stable = objects(text).find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'release-faces',
      );
      expect(stable.spec).not.toHaveProperty('replicas');
      expect(kinds(text).filter((kind) => /^(Horizontal|Scaled)/.test(`${kind}`))).toHaveLength(1);
    },
  );

  test('keeps the pods of the canary out of the stable Deployment, and behind the same Service', () => {
    const all = objects(template('faces', '--values', 'keda.yaml').text);
    const [canary, stable] = ['release-faces-canary', 'release-faces'].map((name) =>
      all.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name),
    );
    const service = all.find(({ kind }) => kind === 'Service');
    expect(canary.spec.template.spec.containers[0].image).toBe(`faces@sha256:${'0'.repeat(64)}`);
    expect(stable.spec.template.metadata.labels).toMatchObject(stable.spec.selector.matchLabels);
    expect(canary.spec.template.metadata.labels).not.toMatchObject(stable.spec.selector.matchLabels);
    for (const { spec } of [canary, stable]) expect(spec.template.metadata.labels).toMatchObject(service.spec.selector);
  });

  test('asks for a slice of a GPU by its own name, in requests and limits alike', () => {
    const [deployment] = objects(template('text', '--values', 'keda.yaml').text).filter(
      ({ kind }) => kind === 'Deployment',
    );
    const { resources } = deployment.spec.template.spec.containers[0];
    for (const amounts of [resources.requests, resources.limits]) {
      expect(amounts).toMatchObject({ 'nvidia.com/mig-1g.10gb': '1' });
      expect(amounts).not.toHaveProperty(['nvidia.com/gpu']);
    }
    expect(deployment.spec.template.spec.nodeSelector).toEqual({ 'nvidia.com/gpu.product': 'NVIDIA-H100' });
  });

  test('lets nobody in when the lists of peers are empty, instead of everybody, and nothing out', () => {
    const { text } = template(
      'faces',
      '--set-json',
      'networkPolicy={"enabled":true,"clients":[],"monitoringNamespaces":[]}',
    );
    expect(text).toMatch(/^ {2}ingress: \[\]$/m);
    expect(text).toMatch(/^ {2}egress: \[\]$/m);
    expect(text).not.toContain('- from:');
  });

  test('keeps names text that YAML would read otherwise, and makes a Service name of one that begins with a digit', () => {
    const { text } = run('helm', ['template', 'no', join('text', 'chart'), ...KUBERNETES]);
    expect(text).toContain('name: "no"');
    const digit = template('faces', '--set', 'fullnameOverride=4you').text;
    expect(digit).toContain('name: "m-4you"');
  });

  test.each([
    ['a port that is none', 'ports.http=99999'],
    ['a key that the chart does not know', 'replicas=3'],
    ['a digest that is none', 'image.digest=sha256:12'],
    ['both engines', 'autoscaling.engine=both'],
    ['a canary of nothing', 'canary.enabled=true'],
    ['a download without an image', 'modelDelivery.mode=initContainer'],
    ['a claim without a name', 'modelDelivery.mode=pvc'],
    ['a volume without an image', 'modelDelivery.mode=imageVolume'],
    ['a route without a gateway', 'httpRoute.enabled=true'],
    ['an ingress without a host', 'ingress.enabled=true'],
    ['two monitors', 'monitoring.podMonitor.enabled=true'],
  ])('refuses %s', (_, setting) => {
    const { status } = template('faces', ...MONITORED, '--set', setting);
    expect(status).not.toBe(0);
  });

  test('gives the dashboard of the chart the bytes of the dashboard for provisioning', async () => {
    const files = await generateAll(FIXTURES.faces!);
    expect(files.get('chart/files/dashboards/dashboard.json')).toBe(
      files.get('monitoring/grafana/dashboards/faces.json'),
    );
    expect(await readdir(join(folder, 'faces/chart'))).toContain('values.schema.json');
  });
});
