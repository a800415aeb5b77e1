/** The arithmetic behind a sizing, one line per figure, so that it can be checked with a pencil. */
import { type Sizing, type SizingRequest, UTILIZATION } from './plan.ts';

export interface ArithmeticLine {
  /** The setting, or the figure that it follows from. */
  readonly name: string;
  readonly value: string;
  readonly because: string;
}

export function arithmetic(request: SizingRequest, chosen: Sizing): ArithmeticLine[] {
  const { option, maxQueueDelayUs, maxQueueSize, pendingTarget, replicas } = chosen;
  const { batchSize, instanceCount, threads, p50Ms, p99Ms, capacityRps, worstMs } = option;
  const delayMs = maxQueueDelayUs / 1000;
  const usable = UTILIZATION * capacityRps;
  return [
    {
      name: 'worst wait',
      value: `${ms(worstMs)} ms`,
      because: `2 × p99 ${ms(p99Ms)} ms: a batch of ${batchSize} that has just begun, then the own one; objective ${ms(request.latencyMs)} ms`,
    },
    {
      name: 'capacity of a pod',
      value: `${rate(capacityRps)} requests/s`,
      because: `${instanceCount} × ${batchSize} / p50 ${ms(p50Ms)} ms, with ${threads} ${threads === 1 ? 'thread' : 'threads'} each`,
    },
    {
      name: 'replicas',
      value: String(replicas),
      because: `${rate(request.requestsPerSecond)} / (${UTILIZATION} × ${rate(capacityRps)}) = ${(request.requestsPerSecond / usable).toFixed(2)}, rounded up${replicas * usable >= request.requestsPerSecond * 2 || replicas === 2 ? '; at least 2 from an availability of 99 % on' : ''}`,
    },
    {
      name: 'maxQueueDelayUs',
      value: String(maxQueueDelayUs),
      because:
        maxQueueDelayUs === 0
          ? 'nothing to wait for, or no time left'
          : `the smaller of half of the time left (${ms((request.latencyMs - worstMs) / 2)} ms) and the time in which ${batchSize - 1} more arrive`,
    },
    {
      name: 'maxQueueSize',
      value: String(maxQueueSize),
      because: `what ${rate(capacityRps)} requests/s answer in ${ms(request.latencyMs)} − ${ms(p99Ms)} − ${ms(delayMs)} ms; the next one would be late`,
    },
    {
      name: 'pendingTarget',
      value: String(pendingTarget),
      because: `waiting requests at ${UTILIZATION} of the capacity: ${rate(usable)} × (${ms(delayMs)} + ${ms(p50Ms)} / 2) ms; above it the autoscaler adds pods`,
    },
  ];
}

function ms(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function rate(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
