/** The tensors of requests and answers: what Triton keeps between the requests of a sequence is in none of them. */
import type { ServiceFacts, TensorFacts } from './service-facts.ts';
import { isSequenceBatched, sequencePlan } from './triton/sequence.ts';

export type Role = 'inputs' | 'outputs';

export function servedTensors(facts: ServiceFacts, role: Role): readonly TensorFacts[] {
  const { hidden } = sequencePlan(facts);
  return facts.model[role].filter(({ name }) => !hidden.has(name));
}

export interface SequenceParameters {
  readonly sequence_id: number;
  readonly sequence_start: true;
  readonly sequence_end: true;
}

/** Of a request that is a whole sequence by itself; null where requests need none. */
export function exampleSequence(facts: ServiceFacts): SequenceParameters | null {
  return isSequenceBatched(facts) ? { sequence_id: 1, sequence_start: true, sequence_end: true } : null;
}
