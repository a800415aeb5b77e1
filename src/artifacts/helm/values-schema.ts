/** What values.yaml of the chart may say: one schema for the file, for values.schema.json and for the check. */
import { z } from 'zod';

const port = z.int().min(1).max(65535);
/** Passed to Kubernetes as it is; the API server judges it. */
const passedOn = z.looseObject({});
const labels = z.record(z.string(), z.string());
const spread = z.enum(['', 'ScheduleAnyway', 'DoNotSchedule']);
const digest = z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]);
const pullPolicy = z.enum(['Always', 'IfNotPresent', 'Never']);
const interval = z.string().regex(/^\d+(ms|s|m)$/);

const autoscaling = z.strictObject({
  enabled: z.boolean(),
  engine: z.enum(['hpa', 'keda']),
  minReplicas: z.int().min(1),
  maxReplicas: z.int().min(1),
  metric: z.enum(['cpu', 'pending', 'queueTime']),
  cpuUtilizationPercent: z.int().min(1),
  pendingRequestsPerPod: z.int().min(1),
  queueTimeMicroseconds: z.int().min(1),
  keda: z.strictObject({
    serverAddress: z.string(),
    pollingIntervalSeconds: z.int().min(1),
    cooldownSeconds: z.int().min(0),
    fallback: z.strictObject({ failureThreshold: z.int().min(1), replicas: z.int().min(1) }),
    authenticationRef: passedOn,
  }),
});

const modelDelivery = z.strictObject({
  mode: z.enum(['image', 'imageVolume', 'initContainer', 'pvc']),
  verify: z.boolean(),
  imageVolume: z.strictObject({ reference: z.string(), pullPolicy, subPath: z.string() }),
  initContainer: z.strictObject({
    image: z.string(),
    command: z.array(z.string()),
    args: z.array(z.string()),
    env: z.array(passedOn),
    envFrom: z.array(passedOn),
    sizeLimit: z.string(),
  }),
  pvc: z.strictObject({ claimName: z.string(), subPath: z.string() }),
});

const networkPolicy = z.strictObject({
  enabled: z.boolean(),
  clients: z.array(passedOn),
  monitoringNamespaces: z.array(z.string()),
  tracing: z.strictObject({ enabled: z.boolean(), port, peers: z.array(passedOn) }),
  modelDownload: z.strictObject({ ports: z.array(port), peers: z.array(passedOn) }),
  extraEgress: z.array(passedOn),
});

export const valuesSchema = z.strictObject({
  nameOverride: z.string(),
  fullnameOverride: z.string(),
  model: z.strictObject({
    name: z.string().min(1),
    precision: z.string(),
    sha256: z.string(),
    externalFiles: labels,
  }),
  image: z.strictObject({ repository: z.string().min(1), tag: z.string(), digest, pullPolicy }),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })),
  modelDelivery,
  extraArgs: z.array(z.string()),
  extraEnv: z.array(passedOn),
  extraEnvFrom: z.array(passedOn),
  extraVolumes: z.array(passedOn),
  extraVolumeMounts: z.array(passedOn),
  initContainers: z.array(passedOn),
  sidecars: z.array(passedOn),
  replicaCount: z.int().min(0),
  strategy: passedOn,
  ports: z.strictObject({ http: port, grpc: port, metrics: port }),
  service: z.strictObject({ type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']), annotations: labels }),
  publicPaths: z.array(z.string().startsWith('/')),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: z.string(),
    annotations: labels,
    hosts: z.array(z.string()),
    tls: z.array(passedOn),
  }),
  httpRoute: z.strictObject({
    enabled: z.boolean(),
    parentRefs: z.array(passedOn),
    hostnames: z.array(z.string()),
    annotations: labels,
  }),
  resources: passedOn,
  gpu: z.strictObject({
    count: z.int().min(0),
    resourceName: z.string().min(1),
    productSelector: z.string(),
  }),
  probes: z.strictObject({
    startup: z.strictObject({ periodSeconds: z.int().min(1), failureThreshold: z.int().min(1) }),
  }),
  progressDeadlineSeconds: z.int().min(1),
  preStopSeconds: z.int().min(0),
  terminationGracePeriodSeconds: z.int().min(1),
  autoscaling,
  canary: z.strictObject({
    enabled: z.boolean(),
    replicas: z.int().min(0),
    weightPercent: z.int().min(0).max(100),
    image: z.strictObject({ repository: z.string(), tag: z.string(), digest }),
  }),
  podDisruptionBudget: z.strictObject({ enabled: z.boolean() }),
  networkPolicy,
  monitoring: z.strictObject({
    labels,
    serviceMonitor: z.strictObject({ enabled: z.boolean(), interval }),
    podMonitor: z.strictObject({ enabled: z.boolean(), interval }),
    prometheusRule: z.strictObject({ enabled: z.boolean() }),
    dashboard: z.strictObject({ enabled: z.boolean(), labels }),
  }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: z.string(), annotations: labels }),
  podSecurityContext: passedOn,
  securityContext: passedOn,
  sharedMemorySizeLimit: z.string(),
  tmpSizeLimit: z.string(),
  runtimeClassName: z.string(),
  priorityClassName: z.string(),
  podLabels: labels,
  podAnnotations: labels,
  nodeSelector: labels,
  tolerations: z.array(passedOn),
  topologySpread: z.strictObject({ hostname: spread, zone: spread }),
  affinity: passedOn,
  // Set by a parent chart for all of its parts.
  global: passedOn.optional(),
});

export type ChartValues = z.infer<typeof valuesSchema>;

/** Draft 7, the common ground of Helm 3 and 4. */
export function valuesJsonSchema(): unknown {
  return z.toJSONSchema(valuesSchema, { target: 'draft-7' });
}

const lines = (...text: string[]) => text.join('\n');

export const VALUES_COMMENTS: Readonly<Record<string, string>> = {
  model: 'What is served; part of the image, not a setting. externalFiles: path beside model.onnx → sha256.',
  image: 'Where the image was pushed. A digest (sha256:…) wins over the tag.',
  modelDelivery: lines(
    'mode: where the model comes from, as a Triton repository (NAME/config.pbtxt, NAME/1/model.onnx).',
    '  image: baked into the image. imageVolume: an OCI artifact as a volume (Kubernetes 1.35, or its feature gate).',
    '  initContainer: an image and command of yours that fill /models (S3, OCI, …); opens networkPolicy.modelDownload.',
    '  pvc: a claim that many nodes may read (ReadOnlyMany or ReadWriteMany).',
    'verify: compares what was delivered with model.sha256 before the server starts.',
  ),
  extraArgs: 'Further flags of the server.',
  extraEnv: 'Into the container of the server, like extraEnvFrom and extraVolumeMounts.',
  initContainers: 'Run after the model was delivered.',
  strategy: 'With GPUs the old pod goes first, because a spare one is rarely there.',
  ports: 'As baked into the flags of the image.',
  publicPaths: lines(
    'Prefixes that ingress and httpRoute let in. All of /v2 would hand out the administration of the server',
    '(logging, trace settings, repository) as well.',
  ),
  httpRoute: 'Gateway API. With a canary its weight decides, instead of the number of pods.',
  gpu: lines(
    'resourceName: nvidia.com/gpu, or a slice such as nvidia.com/mig-1g.10gb.',
    'productSelector: value of the node label nvidia.com/gpu.product, such as NVIDIA-L4.',
  ),
  probes: 'Time to load is periodSeconds × failureThreshold; before that no liveness probe is asked.',
  progressDeadlineSeconds: 'Longer than loading and pulling the image; give helm a --timeout of at least this.',
  terminationGracePeriodSeconds: "Longer than preStopSeconds and the server's own 30 seconds for open requests.",
  autoscaling: lines(
    'engine: hpa, or keda (asks Prometheus itself); never both.',
    'metric: cpu; pending (waiting requests per pod); queueTime (mean µs in the queue: 50 ms are 50000).',
    'The last two need, with hpa, the rules of files/prometheus-adapter-rules.yaml in prometheus-adapter.',
  ),
  canary: lines(
    'A second Deployment with pods labelled track: canary, behind the same Service: its share of the requests is',
    'replicas ÷ all replicas, or weightPercent with httpRoute. image: what to try; an empty repository is the same one.',
  ),
  podDisruptionBudget: 'Made for more than one replica only.',
  networkPolicy: lines(
    'clients: peers that may send requests. monitoringNamespaces: who may read the metrics.',
    'Probes come from the node and are not concerned. Outgoing: nothing, unless tracing, a download or extraEgress.',
  ),
  monitoring: lines(
    'ServiceMonitor, PodMonitor and PrometheusRule are left out where the cluster does not know them.',
    'labels: those that your Prometheus selects by, such as release: kube-prometheus-stack.',
    'One of the two monitors, not both: every request would count twice.',
  ),
  topologySpread: 'What to do when pods cannot be spread: ScheduleAnyway, DoNotSchedule, or empty for no spreading.',
};
