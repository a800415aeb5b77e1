/** What was measured, with the machine that it was measured on; figures without one mean nothing. */
import type { ServiceFacts } from '../service-facts.ts';

const NOTHING =
  'Nothing was measured for this service: sizes and limits are defaults. `nimify create MODEL --slo p99=50ms --rps 100` measures, and\n' +
  'chooses batches, instances and replicas by what it finds.';

export function measuredText({ measured }: ServiceFacts): string {
  if (measured === null) return NOTHING;
  const { hardware, loadMs, memoryMiB, batches } = measured;
  const facts = [
    ...(loadMs === null ? [] : [`loaded in ${loadMs} ms`]),
    ...(memoryMiB === null ? [] : [`${memoryMiB} MiB of memory above the process without the model`]),
  ];
  const sentence = `On ${hardware.replaceAll(/\s+/g, ' ')}${facts.length > 0 ? `: ${facts.join(', ')}` : ''}.`;
  if (batches.length === 0) return sentence;
  const rows = batches.map(({ batchSize, p50Ms, p99Ms }) => {
    const perSecond = Number(((1000 * batchSize) / p50Ms).toPrecision(3));
    return `| ${batchSize} | ${p50Ms} ms | ${p99Ms} ms | ${perSecond} |`;
  });
  const head = ['| Batch | p50 | p99 | Items per second |', '|---|---|---|---|'];
  return [sentence, '', 'One instance, one request after the other, without network:', '', ...head, ...rows].join('\n');
}
