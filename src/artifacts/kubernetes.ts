/** What every manifest of a service has in common, whoever applies it: names, labels, the image, the container. */
import { type ChartValues, chartValues, containerResources } from './helm/values.ts';
import { imageReference, imageTag } from './layout.ts';
import type { ServiceFacts } from './service-facts.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [section: string]: unknown;
}

/** A Service may not begin with a digit (RFC 1035). */
export function objectName({ name }: ServiceFacts): string {
  return /^\d/.test(name) ? `m-${name}`.slice(0, 63).replace(/-+$/, '') : name;
}

export function selectorLabels(facts: ServiceFacts): Record<string, string> {
  return { 'app.kubernetes.io/name': facts.name };
}

export function metadata(facts: ServiceFacts, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const labels = { ...selectorLabels(facts), 'app.kubernetes.io/version': imageTag(facts) };
  return { name: objectName(facts), labels, ...extra };
}

/** Helm takes at most 53 characters. */
export function releaseName({ name }: ServiceFacts): string {
  return name.slice(0, 53).replace(/-+$/, '');
}

/** The container of the server, as the chart has it. */
export function serverContainer(
  facts: ServiceFacts,
  values: ChartValues = chartValues(facts),
): Record<string, unknown> {
  const { httpPort, grpcPort, metricsPort } = facts.serving;
  return {
    name: 'server',
    image: imageReference(facts),
    imagePullPolicy: values.image.pullPolicy,
    ports: [
      { name: 'http', containerPort: httpPort, protocol: 'TCP' },
      { name: 'grpc', containerPort: grpcPort, protocol: 'TCP' },
      { name: 'metrics', containerPort: metricsPort, protocol: 'TCP' },
    ],
    ...probes(values),
    lifecycle: { preStop: { exec: { command: ['sleep', String(values.preStopSeconds)] } } },
    resources: containerResources(values),
    securityContext: values.securityContext,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' },
    ],
  };
}

/** Probe → path. Readiness asks whether the model is loaded; liveness must not, or a slow load is killed for ever. */
export const PROBE_PATHS = {
  startupProbe: '/v2/health/ready',
  readinessProbe: '/v2/health/ready',
  livenessProbe: '/v2/health/live',
} as const;

function probes(values: ChartValues): Record<string, unknown> {
  const ask = (probe: keyof typeof PROBE_PATHS) => ({ httpGet: { path: PROBE_PATHS[probe], port: 'http' } });
  return {
    startupProbe: { ...ask('startupProbe'), ...values.probes.startup, timeoutSeconds: 5 },
    readinessProbe: { ...ask('readinessProbe'), periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 5 },
    livenessProbe: { ...ask('livenessProbe'), periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 10 },
  };
}

export function podVolumes(values: ChartValues): Record<string, unknown>[] {
  return [
    { name: 'tmp', emptyDir: { sizeLimit: values.tmpSizeLimit } },
    // Counts toward the memory limit of the container.
    { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: values.sharedMemorySizeLimit } },
  ];
}
