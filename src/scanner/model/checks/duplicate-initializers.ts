/** Two initializers of one name in one graph. */
import type { ModelCheck } from '../check.ts';

export const duplicateInitializers: ModelCheck = {
  rules: ['duplicate-initializer'],
  visit: (context) => ({
    graph(graph, place) {
      const seen = new Set<string>();
      const names = [...graph.initializer, ...graph.sparseInitializer.map(({ values }) => values)];
      for (const tensor of names) {
        const name = tensor?.name ?? '';
        if (name === '') continue;
        if (seen.has(name)) context.report('duplicate-initializer', { tensor: name }, place);
        seen.add(name);
      }
    },
  }),
};
