/** values.yaml of the chart, out of the facts. */
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
import type { ChartValues } from './values-schema.ts';

export type { ChartValues } from './values-schema.ts';

const GPU_RESOURCE = 'nvidia.com/gpu';
/** Share of the latency objective that a request may wait on average before more pods are wanted. */
const QUEUE_SHARE = 0.2;
/** Engines that TensorRT built are kept in /tmp for the life of the pod. */
const TENSORRT_CACHE_MIB = 1024;

export function chartValues(facts: ServiceFacts): ChartValues {
  const { serving } = facts;
  return {
    nameOverride: '',
    fullnameOverride: '',
    model: {
      name: facts.name,
      precision: facts.model.precision,
      sha256: facts.model.sha256,
      externalFiles: facts.model.externalFiles,
    },
    image: { repository: facts.name, tag: imageTag(facts), digest: '', pullPolicy: 'IfNotPresent' },
    imagePullSecrets: [],
    modelDelivery: modelDelivery(),
    extraArgs: [],
    extraEnv: [],
    extraEnvFrom: [],
    extraVolumes: [],
    extraVolumeMounts: [],
    initContainers: [],
    sidecars: [],
    replicaCount: serving.replicas,
    strategy: strategy(serving.gpus),
    ports: { http: serving.httpPort, grpc: serving.grpcPort, metrics: serving.metricsPort },
    service: { type: 'ClusterIP', annotations: {} },
    publicPaths: [`/v2/models/${facts.name}`, '/v2/health'],
    ingress: { enabled: false, className: '', annotations: {}, hosts: [], tls: [] },
    httpRoute: { enabled: false, parentRefs: [], hostnames: [], annotations: {} },
    resources: resources(facts),
    gpu: { count: serving.gpus, resourceName: GPU_RESOURCE, productSelector: '' },
    ...lifetimes(facts),
    autoscaling: autoscaling(facts),
    canary: { enabled: false, replicas: 1, weightPercent: 5, image: { repository: '', tag: '', digest: '' } },
    podDisruptionBudget: { enabled: true },
    ...access(facts),
    ...security(),
    sharedMemorySizeLimit: `${SHARED_MEMORY_MIB}Mi`,
    tmpSizeLimit: `${256 + (serving.accelerator === 'tensorrt' ? tensorRtCacheMiB(facts) : 0)}Mi`,
    ...scheduling(serving.gpus),
  };
}

/** What the container asks for, GPUs included: the chart's template says the same in Go. */
export function containerResources({ resources: amounts, gpu }: ChartValues): Record<string, unknown> {
  if (gpu.count === 0) return amounts;
  const gpus = { [gpu.resourceName]: String(gpu.count) };
  const withGpus = (name: 'requests' | 'limits') => ({ ...(amounts[name] as object | undefined), ...gpus });
  return { requests: withGpus('requests'), limits: withGpus('limits') };
}

function tensorRtCacheMiB({ model, serving }: ServiceFacts): number {
  return serving.instanceCount * Math.max(TENSORRT_CACHE_MIB, Math.ceil((2 * model.sizeBytes) / 1024 ** 2));
}

function modelDelivery(): ChartValues['modelDelivery'] {
  return {
    mode: 'image',
    verify: true,
    imageVolume: { reference: '', pullPolicy: 'IfNotPresent', subPath: '' },
    initContainer: { image: '', command: [], args: [], env: [], envFrom: [], sizeLimit: '' },
    pvc: { claimName: '', subPath: '' },
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
  };
  return { requests: amounts, limits: amounts };
}

type Lifetimes = Pick<
  ChartValues,
  'probes' | 'progressDeadlineSeconds' | 'preStopSeconds' | 'terminationGracePeriodSeconds'
>;

function lifetimes(facts: ServiceFacts): Lifetimes {
  const startup = startupSeconds(facts);
  const failureThreshold = Math.ceil((3 * startup) / PROBE_PERIOD_SECONDS);
  return {
    probes: { startup: { periodSeconds: PROBE_PERIOD_SECONDS, failureThreshold } },
    progressDeadlineSeconds: 3 * startup + 600,
    preStopSeconds: PRE_STOP_SECONDS,
    terminationGracePeriodSeconds: GRACE_SECONDS,
  };
}

function autoscaling(facts: ServiceFacts): ChartValues['autoscaling'] {
  const { serving, slo } = facts;
  return {
    enabled: false,
    engine: 'hpa',
    minReplicas: serving.replicas,
    maxReplicas: 4 * serving.replicas,
    metric: serving.gpus > 0 ? 'pending' : 'cpu',
    cpuUtilizationPercent: 70,
    pendingRequestsPerPod: serving.pendingTarget ?? serving.instanceCount * Math.max(1, batching(facts).maxBatchSize),
    queueTimeMicroseconds: Math.max(1000, Math.round(QUEUE_SHARE * slo.latencyMs * 1000)),
    keda: {
      serverAddress: 'http://prometheus-operated.monitoring.svc:9090',
      pollingIntervalSeconds: 30,
      cooldownSeconds: 300,
      fallback: { failureThreshold: 3, replicas: 2 * serving.replicas },
      authenticationRef: {},
    },
  };
}

function access({ serving }: ServiceFacts): Pick<ChartValues, 'networkPolicy' | 'monitoring' | 'serviceAccount'> {
  return {
    networkPolicy: {
      enabled: true,
      clients: [{ podSelector: {} }],
      monitoringNamespaces: ['monitoring'],
      tracing: {
        enabled: serving.tracingUrl !== null,
        port: tracingPort(serving.tracingUrl),
        peers: [{ namespaceSelector: {} }],
      },
      modelDownload: { ports: [443], peers: [{ ipBlock: { cidr: '0.0.0.0/0' } }] },
      extraEgress: [],
    },
    monitoring: {
      labels: {},
      serviceMonitor: { enabled: true, interval: '15s' },
      podMonitor: { enabled: false, interval: '15s' },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true, labels: { grafana_dashboard: '1' } },
    },
    serviceAccount: { create: true, name: '', annotations: {} },
  };
}

/** Port of the collector; 4318 is that of OTLP over HTTP. */
export function tracingPort(url: string | null): number {
  if (url === null || !URL.canParse(url)) return 4318;
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
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

function scheduling(gpus: number) {
  return {
    runtimeClassName: '',
    priorityClassName: '',
    podLabels: {},
    podAnnotations: {},
    nodeSelector: {},
    tolerations: gpus > 0 ? [{ key: GPU_RESOURCE, operator: 'Exists', effect: 'NoSchedule' }] : [],
    topologySpread: { hostname: 'ScheduleAnyway', zone: 'ScheduleAnyway' },
    affinity: {},
  } as const satisfies Partial<ChartValues>;
}
