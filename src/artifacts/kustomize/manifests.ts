/** The objects of kustomize/, as the chart would render them with its defaults. */
import { chartValues, tracingPort } from '../helm/values.ts';
import type { ChartValues } from '../helm/values-schema.ts';
import { type Manifest, metadata, objectName, podVolumes, selectorLabels, serverContainer } from '../kubernetes.ts';
import { ruleGroups } from '../prometheus/rules.ts';
import type { ServiceFacts } from '../service-facts.ts';

export const KUSTOMIZE_FOLDER = 'kustomize';

/** File name → object. */
export function baseManifests(facts: ServiceFacts): Record<string, Manifest> {
  const values = chartValues(facts);
  return {
    'deployment.yaml': deployment(facts, values),
    'networkpolicy.yaml': networkPolicy(facts, values),
    'service.yaml': service(facts),
    'serviceaccount.yaml': {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadata(facts),
      automountServiceAccountToken: false,
    },
    // With one pod a budget would only block the draining of nodes.
    ...(facts.serving.replicas > 1 ? { 'poddisruptionbudget.yaml': disruptionBudget(facts) } : {}),
  };
}

function deployment(facts: ServiceFacts, values: ChartValues): Manifest {
  const labels = selectorLabels(facts);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(facts, { annotations: { 'nimify.dev/model-sha256': facts.model.sha256 } }),
    spec: {
      replicas: facts.serving.replicas,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: values.progressDeadlineSeconds,
      strategy: values.strategy,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(facts, values) },
    },
  };
}

function podSpec(facts: ServiceFacts, values: ChartValues): Record<string, unknown> {
  return {
    serviceAccountName: objectName(facts),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: values.terminationGracePeriodSeconds,
    securityContext: values.podSecurityContext,
    containers: [serverContainer(facts, values)],
    volumes: podVolumes(values),
    ...(values.tolerations.length > 0 ? { tolerations: values.tolerations } : {}),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorLabels(facts) },
      },
    ],
  };
}

function service(facts: ServiceFacts): Manifest {
  const { httpPort, grpcPort, metricsPort } = facts.serving;
  const port = (name: string, number: number, appProtocol: string) => ({
    name,
    port: number,
    targetPort: name,
    protocol: 'TCP',
    appProtocol,
  });
  const meta = metadata(facts);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    // The label is the job of the metrics, which rules and dashboards look for.
    metadata: { ...meta, labels: { ...(meta.labels as object), 'nimify.dev/service': facts.name } },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(facts),
      ports: [
        port('http', httpPort, 'http'),
        port('grpc', grpcPort, 'kubernetes.io/h2c'),
        port('metrics', metricsPort, 'http'),
      ],
    },
  };
}

function networkPolicy(
  facts: ServiceFacts,
  { networkPolicy: { clients, monitoringNamespaces } }: ChartValues,
): Manifest {
  const tcp = (...names: string[]) => names.map((port) => ({ port, protocol: 'TCP' }));
  const monitoring = monitoringNamespaces.map((name) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(facts),
    spec: {
      podSelector: { matchLabels: selectorLabels(facts) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: clients, ports: tcp('http', 'grpc') },
        { from: monitoring, ports: tcp('metrics') },
      ],
      egress: egress(facts),
    },
  };
}

/** The model is in the image: the server calls nobody but the collector of its traces, and whoever resolves its name. */
function egress({ serving: { tracingUrl } }: ServiceFacts): Record<string, unknown>[] {
  if (tracingUrl === null || !URL.canParse(tracingUrl)) return [];
  const dns = ['UDP', 'TCP'].map((kind) => ({ port: 53, protocol: kind }));
  return [{ ports: dns }, { ports: [{ port: tracingPort(tracingUrl), protocol: 'TCP' }] }];
}

function disruptionBudget(facts: ServiceFacts): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(facts),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(facts) },
    },
  };
}

/** Path → object of the environments, and of what the operator of Prometheus reads. */
export function overlays(facts: ServiceFacts): Record<string, unknown> {
  const name = objectName(facts);
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
  const component = { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' };
  return {
    'components/monitoring/kustomization.yaml': {
      ...component,
      resources: ['prometheusrule.yaml', 'servicemonitor.yaml'],
    },
    'components/monitoring/prometheusrule.yaml': {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: metadata(facts),
      spec: { groups: ruleGroups(facts, { matchers: { service: name } }) },
    },
    'components/monitoring/servicemonitor.yaml': serviceMonitor(facts),
    'overlays/dev/kustomization.yaml': {
      ...kustomization,
      namespace: `${name.slice(0, 59)}-dev`,
      resources: ['../../base'],
      replicas: [{ name, count: 1 }],
    },
    'overlays/production/kustomization.yaml': {
      ...kustomization,
      namespace: name,
      resources: ['../../base'],
      components: ['../../components/monitoring'],
    },
  };
}

function serviceMonitor(facts: ServiceFacts): Manifest {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: metadata(facts),
    spec: {
      jobLabel: 'nimify.dev/service',
      selector: { matchLabels: selectorLabels(facts) },
      endpoints: [{ port: 'metrics', path: '/metrics', interval: '15s' }],
    },
  };
}
