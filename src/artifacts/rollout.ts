/** How long a rollout may take: figures that whoever waits for one has to know. */
import { chartValues } from './helm/values.ts';
import type { ServiceFacts } from './service-facts.ts';

/** Time that the startup probe gives one pod. */
export function startupBudgetSeconds(facts: ServiceFacts): number {
  const { startup } = chartValues(facts).probes;
  return startup.periodSeconds * startup.failureThreshold;
}

/** Pods are replaced one after the other; each has its budget to start, and time to pull the image. */
export function rolloutSeconds(facts: ServiceFacts): number {
  const pullSeconds = 600;
  return facts.serving.replicas * (startupBudgetSeconds(facts) + pullSeconds);
}
