/** values.yaml of the chart: one schema for the file, for values.schema.json and for the check. */
import { z } from 'zod';
import { batching } from '../batching.ts';
import {
  GRACE_SECONDS,
  PRE_STOP_SECONDS,
  PROBE_PERIOD_SECONDS,
  SHARED_MEMORY_MIB,
  startupSeconds,
} from '../capacity.ts';
import { imageTag } from '../layout.ts';
import type { ServiceFacts } from '../service-facts.ts';

const port = z.int().min(1).max(65535);
/** Passed to Kubernetes as it is; the API server judges it. */
const passedOn = z.looseObject({});
const labels = z.record(z.string(), z.string());

export const valuesSchema = z.strictObject({
  nameOverride: z.string(),
  fullnameOverride: z.string(),
  model: z.strictObject({ name: z.string().min(1), precision: z.string(), sha256: z.string() }),
  image: z.strictObject({
    repository: z.string().min(1),
    tag: z.string(),
    digest: z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })),
  extraArgs: z.array(z.string()),
  replicaCount: z.int().min(0),
  strategy: passedOn,
  ports: z.strictObject({ http: port, grpc: port, metrics: port }),
  service: z.strictObject({ type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']) }),
  resources: passedOn,
  probes: z.strictObject({
    startup: z.strictObject({ periodSeconds: z.int().min(1), failureThreshold: z.int().min(1) }),
  }),
  progressDeadlineSeconds: z.int().min(1),
  preStopSeconds: z.int().min(0),
  terminationGracePeriodSeconds: z.int().min(1),
  autoscaling: z.strictObject({
    enabled: z.boolean(),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    metric: z.enum(['cpu', 'pending']),
    cpuUtilizationPercent: z.int().min(1),
    pendingRequestsPerPod: z.int().min(1),
  }),
  podDisruptionBudget: z.strictObject({ enabled: z.boolean() }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    clients: z.array(passedOn),
    monitoringNamespaces: z.array(z.string()),
  }),
  monitoring: z.strictObject({
    labels,
    serviceMonitor: z.strictObject({ enabled: z.boolean(), interval: z.string() }),
    prometheusRule: z.strictObject({ enabled: z.boolean() }),
    dashboard: z.strictObject({ enabled: z.boolean(), labels }),
  }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: z.string(), annotations: labels }),
  podSecurityContext: passedOn,
  securityContext: passedOn,
  sharedMemorySizeLimit: z.string(),
  tmpSizeLimit: z.string(),
  runtimeClassName: z.string(),
  podLabels: labels,
  podAnnotations: labels,
  nodeSelector: labels,
  tolerations: z.array(passedOn),
  affinity: passedOn,
  // Set by a parent chart for all of its parts.
  global: passedOn.optional(),
});

export type ChartValues = z.infer<typeof valuesSchema>;

/** Draft 7, the common ground of Helm 3 and 4. */
export function valuesJsonSchema(): unknown {
  return z.toJSONSchema(valuesSchema, { target: 'draft-7' });
}

export function chartValues(facts: ServiceFacts): ChartValues {
  const { serving } = facts;
  const startup = startupSeconds(facts);
  return {
    nameOverride: '',
    fullnameOverride: '',
    model: { name: facts.name, precision: facts.model.precision, sha256: facts.model.sha256 },
    image: { repository: facts.name, tag: imageTag(facts), digest: '', pullPolicy: 'IfNotPresent' },
    imagePullSecrets: [],
    extraArgs: [],
    replicaCount: serving.replicas,
    strategy: strategy(serving.gpus),
    ports: { http: serving.httpPort, grpc: serving.grpcPort, metrics: serving.metricsPort },
    service: { type: 'ClusterIP' },
    resources: resources(facts),
    probes: {
      startup: {
        periodSeconds: PROBE_PERIOD_SECONDS,
        failureThreshold: Math.ceil((3 * startup) / PROBE_PERIOD_SECONDS),
      },
    },
    progressDeadlineSeconds: 3 * startup + 600,
    preStopSeconds: PRE_STOP_SECONDS,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    autoscaling: {
      enabled: false,
      minReplicas: serving.replicas,
      maxReplicas: 4 * serving.replicas,
      metric: serving.gpus > 0 ? 'pending' : 'cpu',
      cpuUtilizationPercent: 70,
      pendingRequestsPerPod: serving.pendingTarget ?? serving.instanceCount * Math.max(1, batching(facts).maxBatchSize),
    },
    podDisruptionBudget: { enabled: true },
    ...access(),
    ...security(),
    sharedMemorySizeLimit: `${SHARED_MEMORY_MIB}Mi`,
    tmpSizeLimit: '256Mi',
    runtimeClassName: '',
    podLabels: {},
    podAnnotations: {},
    nodeSelector: {},
    tolerations: serving.gpus > 0 ? [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }] : [],
    affinity: {},
  };
}

/** With scarce GPUs a rollout that needs one more would wait forever. */
function strategy(gpus: number): ChartValues['strategy'] {
  const rollingUpdate = gpus > 0 ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 };
  return { type: 'RollingUpdate', rollingUpdate };
}

/** Requests equal limits: the threads are counted by the limit, and memory beyond a request is taken back by a kill. */
function resources({ serving }: ServiceFacts): ChartValues['resources'] {
  const amounts = {
    cpu: Number.isInteger(serving.cpuCores) ? String(serving.cpuCores) : `${Math.round(serving.cpuCores * 1000)}m`,
    memory: `${serving.memoryMiB}Mi`,
    ...(serving.gpus > 0 ? { 'nvidia.com/gpu': String(serving.gpus) } : {}),
  };
  return { requests: amounts, limits: amounts };
}

function access(): Pick<ChartValues, 'networkPolicy' | 'monitoring' | 'serviceAccount'> {
  return {
    networkPolicy: { enabled: true, clients: [{ podSelector: {} }], monitoringNamespaces: ['monitoring'] },
    monitoring: {
      labels: {},
      serviceMonitor: { enabled: true, interval: '15s' },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true, labels: { grafana_dashboard: '1' } },
    },
    serviceAccount: { create: true, name: '', annotations: {} },
  };
}

/** The "restricted" profile of the Pod Security Standards. */
function security(): Pick<ChartValues, 'podSecurityContext' | 'securityContext'> {
  return {
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

export const VALUES_COMMENTS: Readonly<Record<string, string>> = {
  model: 'What is served; part of the image, not a setting.',
  image: 'Where the image was pushed. A digest (sha256:…) wins over the tag.',
  extraArgs: 'Further flags of tritonserver.',
  strategy: 'With GPUs the old pod goes first, because a spare one is rarely there.',
  ports: 'As baked into the flags of the image.',
  probes: 'Time to load is periodSeconds × failureThreshold; before that no liveness probe is asked.',
  progressDeadlineSeconds: 'Longer than loading and pulling the image; give helm a --timeout of at least this.',
  terminationGracePeriodSeconds: "Longer than preStopSeconds and the server's own 30 seconds for open requests.",
  autoscaling: 'metric: cpu, or pending (nv_inference_pending_request_count, needs a metrics adapter).',
  podDisruptionBudget: 'Made for more than one replica only.',
  networkPolicy:
    'clients: peers that may send requests. monitoringNamespaces: who may read the metrics.\nProbes come from the node and are not concerned.',
  monitoring:
    'ServiceMonitor and PrometheusRule are left out where the cluster does not know them.\nlabels: those that your Prometheus selects by, such as release: kube-prometheus-stack.',
};
