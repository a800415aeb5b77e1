/** A page per alert: what it means, what to look at, what to do. Figures are those of the service. */
import { GRACE_SECONDS, queueLimit, startupSeconds } from '../capacity.ts';
import { sloBoundMs } from '../latency.ts';
import { RUNBOOK_FOLDER } from '../layout.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { alertingRules } from './alerts.ts';
import { type AlertingRule, selector } from './objective.ts';

interface Runbook {
  readonly meaning: string;
  /** What to look at → expression, or where it stands. */
  readonly look: Readonly<Record<string, string>>;
  readonly steps: readonly string[];
}

function runbookFile(alert: string): string {
  return `${RUNBOOK_FOLDER}/${alert}.md`;
}

/** Path → page of each alert of the service, those of Kubernetes included. */
export function runbooks(facts: ServiceFacts): ReadonlyMap<string, string> {
  const rules = alertingRules(facts, { matchers: { namespace: '', service: '' } });
  const names = [...new Set(rules.map(({ alert }) => alert))].sort();
  return new Map(
    names.map((name) => [
      runbookFile(name),
      page(
        facts,
        name,
        rules.filter(({ alert }) => alert === name),
      ),
    ]),
  );
}

function page(facts: ServiceFacts, alert: string, rules: readonly AlertingRule[]): string {
  const { meaning, look, steps } = pages(facts)[alert as AlertName];
  const fires = rules.map(
    ({ labels, for: hold, annotations }) =>
      `- ${labels.severity}${hold === undefined ? '' : ` after ${hold}`}: ${annotations.description}`,
  );
  return [
    `# ${alert}`,
    '',
    `Service ${facts.name}. ${meaning}`,
    '',
    '## It fires',
    '',
    ...fires,
    '',
    '## Look at',
    '',
    ...Object.entries(look).flatMap(([what, expression]) => [`${what}:`, '', '```promql', expression, '```', '']),
    '## Do',
    '',
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    '',
  ].join('\n');
}

type AlertName =
  | 'NimifyErrorBudgetBurn'
  | 'NimifyLatencyBudgetBurn'
  | 'NimifyAverageLatencyHigh'
  | 'NimifyQueueNearlyFull'
  | 'NimifyQueueShareHigh'
  | 'NimifyRequestsRejected'
  | 'NimifyInstanceDown'
  | 'NimifyServiceAbsent'
  | 'NimifyGpuMemoryNearlyFull'
  | 'NimifyPinnedMemoryNearlyFull'
  | 'NimifyGpuError'
  | 'NimifyAutoscalerAtMaximum';

function pages(facts: ServiceFacts): Readonly<Record<AlertName, Runbook>> {
  return { ...objectivePages(facts), ...queuePages(facts), ...targetPages(facts), ...gpuPages() };
}

function of(facts: ServiceFacts, ...extra: readonly string[]): string {
  return selector(facts, { matchers: {} }, extra);
}

const LOGS = 'kubectl logs --selector app.kubernetes.io/name=NAME --tail 200, or docker compose logs server';

function objectivePages(facts: ServiceFacts) {
  const model = of(facts);
  const logs = LOGS.replace('NAME', facts.name);
  const slow: Runbook = {
    meaning: `Too many requests take longer than ${sloBoundMs(facts)} ms.`,
    look: {
      'Share of the time that requests wait': `sum(rate(nv_inference_queue_duration_us${model}[5m])) / sum(rate(nv_inference_request_duration_us${model}[5m]))`,
      'Average batch': `sum(rate(nv_inference_count${model}[5m])) / sum(rate(nv_inference_exec_count${model}[5m]))`,
      'Requests per server': `sum by (instance) (rate(nv_inference_request_success${model}[5m]))`,
    },
    steps: [
      'If most of the time is in the queue, there are too few servers for the load: add replicas, and see NimifyQueueShareHigh.',
      'If it is in the inference, compare servers in the dashboard of the model: one slow server has a slow node; drain it.',
      'If all became slow at one moment, look what was rolled out then, and take it back: helm rollback RELEASE.',
      'CPU limits that are too low throttle the threads: compare the limit with intra_op_thread_count in config.pbtxt.',
    ],
  };
  return {
    NimifyErrorBudgetBurn: {
      meaning:
        'Accepted requests fail, faster than the objective allows. Requests that are refused before (bad shape, full queue) are in no counter of Triton, so it is at least this bad.',
      look: { 'Failures by their reason': `sum by (reason) (rate(nv_inference_request_failure${model}[5m]))` },
      steps: [
        `BACKEND: the model itself fails. The message is in the log: ${logs}.`,
        'REJECTED: requests waited longer than their timeout; see NimifyRequestsRejected.',
        'CANCELED: clients give up. Compare their timeout with the latency that they see.',
        'If it began with a rollout, take that back: helm rollback RELEASE.',
      ],
    },
    NimifyLatencyBudgetBurn: slow,
    NimifyAverageLatencyHigh: slow,
  };
}

function queuePages(facts: ServiceFacts) {
  const model = of(facts);
  const waiting = `sum by (instance) (nv_inference_pending_request_count${model})`;
  const { instanceCount, maxQueueDelayUs, maxBatchSize, replicas } = facts.serving;
  const grow = `Add replicas (now ${replicas}): nimify generate DIR --replicas N, or kubectl scale.`;
  return {
    NimifyQueueNearlyFull: {
      meaning: `Requests arrive faster than they are answered; ${queueLimit(facts)} may wait in one server.`,
      look: {
        'Waiting requests': waiting,
        'Requests per second': `sum(rate(nv_inference_request_success${model}[5m]))`,
      },
      steps: [
        grow,
        'If one server alone is full, requests are not spread: a gRPC client keeps its connection, hence its server.',
        'Tell clients to back off on 503: what they repeat at once makes it worse.',
      ],
    },
    NimifyQueueShareHigh: {
      meaning: 'Requests wait longer than they are worked on.',
      look: { 'Waiting requests': waiting },
      steps: [
        grow,
        `With spare CPU or GPU memory another instance may help (now ${instanceCount} per server).`,
        `The batcher waits up to ${maxQueueDelayUs} µs for up to ${maxBatchSize} requests: with little load a shorter delay answers sooner.`,
      ],
    },
    NimifyRequestsRejected: {
      meaning: 'Requests were thrown away because they waited longer than their timeout.',
      look: { 'Rejected requests': `sum(rate(nv_inference_request_failure${of(facts, 'reason="REJECTED"')}[5m]))` },
      steps: [
        grow,
        'Compare the timeout of the clients with the latency in the dashboard: a timeout below the usual latency rejects for no reason.',
      ],
    },
    NimifyAutoscalerAtMaximum: {
      meaning: 'The autoscaler has as many pods as it may have: nothing grows any more when the load does.',
      look: {
        'Pods and their limit':
          'kube_horizontalpodautoscaler_status_current_replicas and kube_horizontalpodautoscaler_spec_max_replicas',
      },
      steps: [
        'Raise autoscaling.maxReplicas in the values of the chart, if the cluster has room.',
        'See NimifyQueueShareHigh: pods that wait for each other are not helped by more of them.',
      ],
    },
  };
}

function targetPages(facts: ServiceFacts) {
  const job = `{job="${facts.name}"}`;
  const logs = LOGS.replace('NAME', facts.name);
  return {
    NimifyInstanceDown: {
      meaning: 'Prometheus knows a server and cannot scrape it.',
      look: { 'Servers that are up': `up${job}` },
      steps: [
        `A server that starts needs up to ${startupSeconds(facts)} s to load its model, and one that stops up to ${GRACE_SECONDS} s: wait for that.`,
        `Otherwise look at the end of its log: ${logs}.`,
        `OOMKilled in kubectl describe pod: raise the memory limit above ${facts.serving.memoryMiB} MiB.`,
        'A network policy that does not let the namespace of Prometheus in looks the same: networkPolicy.monitoringNamespaces.',
      ],
    },
    NimifyServiceAbsent: {
      meaning: 'Prometheus sees no server of this service at all.',
      look: { 'What Prometheus knows of it': `up${job}` },
      steps: [
        'Is anything running? kubectl get pods, or docker compose ps.',
        'If it runs: the ServiceMonitor, its labels and jobLabel decide whether Prometheus looks. Its page "targets" says why a target is dropped.',
        'If nothing runs: take back the last rollout, helm rollback RELEASE.',
      ],
    },
  };
}

function gpuPages() {
  return {
    NimifyGpuMemoryNearlyFull: {
      meaning: 'The memory of a GPU is nearly used up; the next larger shape may fail.',
      look: { 'Memory in use': 'nv_gpu_memory_used_bytes / nv_gpu_memory_total_bytes' },
      steps: [
        'The arena of ONNX Runtime does not give memory back: a restart of the pod shows how much is really needed.',
        'Fewer instances per GPU, or a smaller max_batch_size, need less.',
        'Open dimensions let one large request take it all: bound them in config.pbtxt.',
      ],
    },
    NimifyPinnedMemoryNearlyFull: {
      meaning: 'The pool of pinned memory is nearly used up; copies to the GPU become slower.',
      look: { 'Pool in use': 'nv_pinned_memory_pool_used_bytes / nv_pinned_memory_pool_total_bytes' },
      steps: ['Raise it with --pinned-memory-pool-byte-size in extraArgs of the chart; the default is 256 MiB.'],
    },
    NimifyGpuError: {
      meaning: 'The driver reported an error of a GPU (XID).',
      look: { 'Number of the error': 'DCGM_FI_DEV_XID_ERRORS' },
      steps: [
        "Look the number up in NVIDIA's list of XID errors: 13, 31 and 43 point at the program, 48, 63, 79 and 94 at the hardware.",
        'Cordon the node and move the pod: kubectl cordon NODE, kubectl delete pod POD.',
        'A GPU that reports hardware errors again after a reset is to be replaced.',
      ],
    },
  };
}
