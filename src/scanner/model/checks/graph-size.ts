/** Graphs that are nested too deeply or have too many nodes, and training graphs. */
import type { ModelCheck } from '../check.ts';

/** Real models stay below 5; the readers of nimify stop at 32. */
const MAX_DEPTH = 16;
/** Large language models that are exported layer by layer stay below 200 000. */
const MAX_NODES = 200_000;

export const graphSize: ModelCheck = {
  rules: ['graph-nesting', 'node-flood', 'training-info-present'],
  visit(context) {
    let nodes = 0;
    return {
      graph(_, place, depth) {
        if (depth === MAX_DEPTH + 1) context.report('graph-nesting', { depth }, place);
      },
      node() {
        nodes += 1;
      },
      end() {
        if (nodes > MAX_NODES) context.report('node-flood', { count: nodes });
        const count = context.model.proto.trainingInfo.length;
        if (count > 0) context.report('training-info-present', { count });
      },
    };
  },
};
