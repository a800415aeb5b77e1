/** What the values of the chart have to do with each other, as a table. Each rule is a phrase when it is broken. */
import { EXIT_TIMEOUT_SECONDS, startupSeconds } from '../capacity.ts';
import { at, listAt, textAt } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { RATE_WINDOW_SECONDS } from './adapter-rules.ts';
import { tracingPort } from './values.ts';
import type { ChartValues } from './values-schema.ts';

interface ValuesRule {
  /** Where the finding goes: the first of these that a file sets. */
  readonly paths: readonly (readonly string[])[];
  problem(values: ChartValues, facts: ServiceFacts): string | null;
}

const rule = (paths: string | readonly string[], problem: ValuesRule['problem']): ValuesRule => ({
  paths: [paths].flat().map((path) => path.split('.')),
  problem,
});

const unless = (holds: boolean, problem: string): string | null => (holds ? null : problem);

const startBudget = ({ probes: { startup } }: ChartValues) => startup.periodSeconds * startup.failureThreshold;

const LIFETIME_RULES: readonly ValuesRule[] = [
  rule(['terminationGracePeriodSeconds', 'preStopSeconds'], (values) => {
    const { terminationGracePeriodSeconds: grace, preStopSeconds } = values;
    return unless(
      grace > preStopSeconds + EXIT_TIMEOUT_SECONDS,
      `terminationGracePeriodSeconds ${grace} is not above preStopSeconds ${preStopSeconds} + ${EXIT_TIMEOUT_SECONDS}`,
    );
  }),
  rule(['probes.startup.failureThreshold', 'probes.startup.periodSeconds'], (values, facts) =>
    unless(
      startBudget(values) >= startupSeconds(facts),
      `probes.startup gives ${startBudget(values)} s to start, where loading may take ${startupSeconds(facts)} s`,
    ),
  ),
  rule(['progressDeadlineSeconds', 'probes.startup.failureThreshold', 'probes.startup.periodSeconds'], (values) =>
    unless(
      values.progressDeadlineSeconds > startBudget(values),
      `progressDeadlineSeconds ${values.progressDeadlineSeconds} is not above the ${startBudget(values)} s that a pod may take to start`,
    ),
  ),
  rule(['strategy.rollingUpdate.maxUnavailable', 'strategy.rollingUpdate.maxSurge'], ({ strategy }) => {
    const isStuck = ['maxSurge', 'maxUnavailable'].every((key) =>
      /^0%?$/.test(`${at(strategy, 'rollingUpdate', key)}`),
    );
    return unless(!isStuck, 'strategy allows neither a pod more nor a pod less, so no rollout ever begins');
  }),
];

const SCALING_RULES: readonly ValuesRule[] = [
  rule(['autoscaling.maxReplicas', 'autoscaling.minReplicas'], ({ autoscaling: { minReplicas, maxReplicas } }) =>
    unless(minReplicas <= maxReplicas, `autoscaling.maxReplicas ${maxReplicas} is below minReplicas ${minReplicas}`),
  ),
  rule('autoscaling.queueTimeMicroseconds', ({ autoscaling }) =>
    unless(
      autoscaling.queueTimeMicroseconds >= 1000,
      `autoscaling.queueTimeMicroseconds ${autoscaling.queueTimeMicroseconds} is below a millisecond; the metric counts microseconds`,
    ),
  ),
  rule(['autoscaling.metric', 'resources.requests', 'resources'], ({ autoscaling, resources }) =>
    unless(
      !autoscaling.enabled || autoscaling.metric !== 'cpu' || at(resources, 'requests', 'cpu') !== undefined,
      'autoscaling.metric is cpu, a share of resources.requests.cpu, which is not set',
    ),
  ),
  rule(['autoscaling.keda.serverAddress', 'autoscaling.engine'], ({ autoscaling: { engine, metric, keda } }) =>
    unless(
      engine !== 'keda' || metric === 'cpu' || URL.canParse(keda.serverAddress),
      'autoscaling.keda.serverAddress is no URL of a Prometheus',
    ),
  ),
  rule(['canary.image.tag', 'canary.enabled', 'canary'], ({ canary }) =>
    unless(
      !canary.enabled || canary.image.tag !== '' || canary.image.digest !== '',
      'canary.image has neither a tag nor a digest of what to try',
    ),
  ),
  ...(['serviceMonitor', 'podMonitor'] as const).map((monitor) =>
    rule(`monitoring.${monitor}.interval`, ({ monitoring }) => {
      const { interval } = monitoring[monitor];
      return unless(
        4 * seconds(interval) <= RATE_WINDOW_SECONDS,
        `monitoring.${monitor}.interval ${interval} leaves rates over ${RATE_WINDOW_SECONDS} s fewer than four scrapes`,
      );
    }),
  ),
  rule(['monitoring.podMonitor.enabled', 'monitoring.serviceMonitor.enabled'], ({ monitoring }) =>
    unless(
      !(monitoring.podMonitor.enabled && monitoring.serviceMonitor.enabled),
      'monitoring.podMonitor beside serviceMonitor counts every request twice',
    ),
  ),
];

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60 };

function seconds(interval: string): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m)$/.exec(interval) ?? [];
  return Number(amount) * (UNITS[unit] ?? Number.NaN);
}

const DELIVERY_RULES: readonly ValuesRule[] = [
  ...(
    [
      ['imageVolume', 'reference'],
      ['initContainer', 'image'],
      ['pvc', 'claimName'],
    ] as const
  ).map(([mode, key]) =>
    rule([`modelDelivery.${mode}.${key}`, 'modelDelivery.mode'], ({ modelDelivery }) =>
      unless(
        modelDelivery.mode !== mode || textAt(modelDelivery, mode, key) !== '',
        `modelDelivery.${mode}.${key} is empty, and modelDelivery.mode is ${mode}`,
      ),
    ),
  ),
  rule('image.tag', ({ image }) =>
    unless(image.tag !== 'latest' || image.digest !== '', 'image.tag is latest, which cannot be rolled back'),
  ),
  rule(['resources.limits', 'resources.requests', 'resources'], ({ resources }) => {
    const amounts = ['limits', 'requests'].flatMap((name) => Object.keys((at(resources, name) as object | null) ?? {}));
    const gpu = amounts.find((name) => /^(nvidia|amd)\.com\//.test(name));
    return unless(gpu === undefined, `resources names ${gpu}; GPUs are asked for by gpu.count and gpu.resourceName`);
  }),
  rule('extraEnv', ({ extraEnv }) => {
    const names = extraEnv.map((entry) => textAt(entry, 'name'));
    const twice = names.find((name, index) => names.indexOf(name) < index);
    return unless(twice === undefined, `extraEnv has ${twice} twice, which a server-side apply refuses`);
  }),
];

const ACCESS_RULES: readonly ValuesRule[] = [
  rule(['ingress.hosts', 'ingress.enabled'], ({ ingress }) =>
    unless(!ingress.enabled || ingress.hosts.length > 0, 'ingress.hosts is empty, so the Ingress leads nowhere'),
  ),
  rule(['httpRoute.parentRefs', 'httpRoute.enabled'], ({ httpRoute }) =>
    unless(
      !httpRoute.enabled || httpRoute.parentRefs.length > 0,
      'httpRoute.parentRefs is empty, so no Gateway takes the route',
    ),
  ),
  rule('publicPaths', ({ publicPaths }) => {
    const wide = publicPaths.find((path) => /^\/(v2\/?)?$/.test(path));
    return unless(wide === undefined, `publicPaths has ${wide}, which hands out the administration of the server`);
  }),
  rule(['networkPolicy.tracing.enabled', 'networkPolicy.tracing.port'], ({ networkPolicy }, { serving }) => {
    const { enabled, tracing } = networkPolicy;
    const port = tracingPort(serving.tracingUrl);
    return unless(
      serving.tracingUrl === null || !enabled || (tracing.enabled && tracing.port === port),
      `networkPolicy.tracing does not let the server send traces to port ${port}`,
    );
  }),
  rule(['podSecurityContext.runAsUser', 'podSecurityContext.runAsNonRoot', 'podSecurityContext'], (values) => {
    const { podSecurityContext: pod } = values;
    const isRoot = at(pod, 'runAsUser') === 0 || at(pod, 'runAsNonRoot') !== true;
    return unless(!isRoot, 'podSecurityContext lets the server run as root');
  }),
  rule(
    ['securityContext.privileged', 'securityContext.allowPrivilegeEscalation', 'securityContext.capabilities'],
    ({ securityContext }) => {
      const isTight =
        at(securityContext, 'privileged') !== true &&
        at(securityContext, 'allowPrivilegeEscalation') === false &&
        listAt(securityContext, 'capabilities', 'drop').includes('ALL');
      return unless(isTight, 'securityContext gives more rights than the restricted profile of Kubernetes allows');
    },
  ),
];

export const VALUES_RULES: readonly ValuesRule[] = [
  ...LIFETIME_RULES,
  ...SCALING_RULES,
  ...DELIVERY_RULES,
  ...ACCESS_RULES,
];
