/** values-dev.yaml, values-staging.yaml and values-production.yaml: only what differs from values.yaml. */
import type { ServiceFacts } from '../service-facts.ts';

type Overlay = Readonly<Record<string, unknown>>;

export const ENVIRONMENTS: Readonly<
  Record<string, { readonly comment: string; values(facts: ServiceFacts): Overlay }>
> = {
  dev: {
    comment: 'One pod that takes what a small cluster has, open to everybody in it.',
    values: ({ serving }) => ({
      replicaCount: 1,
      resources: { requests: { cpu: '100m', memory: `${Math.ceil(serving.memoryMiB / 2)}Mi` } },
      podDisruptionBudget: { enabled: false },
      networkPolicy: { enabled: false },
      monitoring: { prometheusRule: { enabled: false } },
    }),
  },
  staging: {
    comment: 'As in production, with one pod and alerts that wake nobody.',
    values: () => ({
      replicaCount: 1,
      monitoring: { prometheusRule: { enabled: false } },
    }),
  },
  production: {
    comment: 'At least two pods, in different zones where there are some, and more of them under load.',
    values: ({ serving }) => {
      const minReplicas = Math.max(2, serving.replicas);
      return {
        replicaCount: minReplicas,
        autoscaling: { enabled: true, minReplicas, maxReplicas: 4 * minReplicas },
      };
    },
  },
};

/** As Helm joins values: maps key by key, everything else is replaced, null takes a key away. */
export function mergeValues(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isMap(base) || !isMap(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeValues(merged[key], value);
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
