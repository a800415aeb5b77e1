/** Inputs and outputs as the server tells them at GET /v2/models/<name>. */
import { type Role, servedTensors } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { type RequestTensor, requestTensor } from '../tensors.ts';

export function metadataTensors(facts: ServiceFacts): Readonly<Record<Role, readonly RequestTensor[]>> {
  const of = (role: Role) => servedTensors(facts, role).map((tensor) => requestTensor(tensor, facts));
  return { inputs: of('inputs'), outputs: of('outputs') };
}
