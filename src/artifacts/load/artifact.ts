/** load/: load on the service for Node and for k6, judged by the objective of the service. */
import type { Artifact } from '../artifact.ts';
import { LOAD_K6, LOAD_SCRIPT } from '../layout.ts';
import { Problems } from '../problems.ts';
import { exampleSequence } from '../served-tensors.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { renderTemplate } from '../templates.ts';
import { checkCode, checkConstant, codeData } from '../tensor-table.ts';

export const artifact: Artifact = {
  async generate(facts) {
    const data = templateData(facts);
    return [
      { path: LOAD_K6, content: renderTemplate('load/k6.js', data) },
      { path: LOAD_SCRIPT, content: renderTemplate('load/load.mjs', data) },
    ];
  },

  async check(files, facts) {
    const problems = new Problems('load', files);
    for (const file of [LOAD_K6, LOAD_SCRIPT]) {
      const text = problems.read(file);
      if (text === undefined) continue;
      checkCode(file, text, facts, problems);
      for (const [name, value] of Object.entries(objective(facts))) checkConstant(file, text, name, value, problems);
    }
    return problems.findings;
  },
};

function objective({ slo }: ServiceFacts): Record<string, number> {
  return {
    SLO_LATENCY_MS: slo.latencyMs,
    SLO_LATENCY_RATIO: slo.latencyRatio ?? slo.availabilityRatio,
    SLO_AVAILABILITY_RATIO: slo.availabilityRatio,
  };
}

function templateData(facts: ServiceFacts): Record<string, unknown> {
  const { SLO_LATENCY_MS, SLO_LATENCY_RATIO, SLO_AVAILABILITY_RATIO } = objective(facts);
  return {
    ...codeData(facts),
    latencyMs: SLO_LATENCY_MS,
    latencyRatio: SLO_LATENCY_RATIO,
    availabilityRatio: SLO_AVAILABILITY_RATIO,
    isSequence: exampleSequence(facts) !== null,
  };
}
