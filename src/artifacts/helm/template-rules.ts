/** What must hold in the templates for a service to start, scale and stop as it should; each rule has been broken by a chart in the wild. */
import { PROBE_PATHS } from '../kubernetes.ts';
import type { Problems } from '../problems.ts';
import { seriesLabels } from '../prometheus/metrics.ts';
import { templateFile } from './chart-files.ts';

interface Guard {
  readonly file: string;
  /** Lines that are only right inside the block. */
  readonly line: RegExp;
  /** The text of one of the open blocks. */
  readonly inside: RegExp;
  readonly problem: string;
}

const GUARDS: readonly Guard[] = [
  {
    file: templateFile('deployment.yaml'),
    line: /^\s*replicas:/,
    inside: /not \.Values\.autoscaling\.enabled/,
    problem: 'sets replicas although an autoscaler may own them',
  },
  {
    file: templateFile('hpa.yaml'),
    line: /^kind: HorizontalPodAutoscaler/,
    inside: /eq \.Values\.autoscaling\.engine "hpa"/,
    problem: 'makes a HorizontalPodAutoscaler beside the one that KEDA makes',
  },
  {
    file: templateFile('scaledobject.yaml'),
    line: /^kind: ScaledObject/,
    inside: /eq \.Values\.autoscaling\.engine "keda"/,
    problem: 'makes a ScaledObject beside the HorizontalPodAutoscaler of the chart',
  },
  {
    file: templateFile('pdb.yaml'),
    line: /^kind: PodDisruptionBudget/,
    inside: /gt \(int \$replicas\) 1/,
    problem: 'makes a PodDisruptionBudget for a single replica, which blocks the draining of nodes',
  },
];

interface Requirement {
  readonly file: string;
  readonly text: RegExp;
  readonly problem: string;
}

const SHARED = templateFile('_deployment.tpl');

const REQUIREMENTS: readonly Requirement[] = [
  {
    file: SHARED,
    text: /terminationGracePeriodSeconds: \{\{ \.Values\.terminationGracePeriodSeconds \}\}/,
    problem: 'does not take terminationGracePeriodSeconds from the values',
  },
  { file: SHARED, text: /preStop:/, problem: 'has no preStop: requests arrive after the server was told to stop' },
  { file: SHARED, text: /automountServiceAccountToken: false/, problem: 'mounts a token of the service account' },
  {
    file: SHARED,
    text: /mountPath: \/tmp\b/,
    problem: 'mounts nothing at /tmp, and the root file system is read-only',
  },
  { file: SHARED, text: /mountPath: \/dev\/shm\b/, problem: 'leaves /dev/shm at the size of the container runtime' },
  {
    file: SHARED,
    text: /^selector:\n\s+matchLabels:\n.*selectorLabels.*\n\s+track:/m,
    problem: 'selects the pods of the canary as well: two Deployments would own them',
  },
];

export function checkTemplateRules(
  templates: ReadonlyMap<string, string>,
  blocksAt: (file: string, line: number) => readonly string[],
  problems: Problems,
): void {
  const shared = templates.get(SHARED);
  if (shared !== undefined) checkProbes(shared, problems);
  for (const { file, text, problem } of REQUIREMENTS) {
    const content = templates.get(file);
    if (content !== undefined && !text.test(content)) problems.invalid(file, problem, 1);
  }
  for (const { file, line, inside, problem } of GUARDS) {
    for (const [index, content] of (templates.get(file) ?? '').split('\n').entries()) {
      const isWrong = line.test(content) && !blocksAt(file, index + 1).some((block) => inside.test(block));
      if (isWrong) problems.invalid(file, problem, index + 1);
    }
  }
  for (const [file, text] of templates) checkMetrics(file, text, problems);
}

function checkProbes(text: string, problems: Problems): void {
  const lines = text.split('\n');
  for (const [probe, expected] of Object.entries(PROBE_PATHS)) {
    const start = lines.findIndex((line) => line.trim() === `${probe}:`);
    if (start < 0) {
      problems.invalid(SHARED, `has no ${probe}`, 1);
      continue;
    }
    const found = lines.findIndex((line, index) => index > start && line.trim().startsWith('path:'));
    const path = lines[found]?.trim().slice('path:'.length).trim();
    if (path !== expected) problems.disagrees(SHARED, probe, path ?? null, expected, found < 0 ? start + 1 : found + 1);
  }
}

/** Queries of autoscalers stand in templates. */
function checkMetrics(file: string, text: string, problems: Problems): void {
  for (const [index, line] of text.split('\n').entries()) {
    for (const [metric] of line.matchAll(/\bnv_\w+/g)) {
      if (seriesLabels(metric) === undefined)
        problems.add('METRIC_UNKNOWN', { file, metric, place: 'the template' }, `${file}:${index + 1}`);
    }
  }
}
