/** Graphs that are nested too deeply or have too many nodes, and training graphs. */
import type { ModelCheck } from '../check.ts';

export const graphSize: ModelCheck = {
  rules: ['graph-nesting', 'node-flood', 'training-info-present'],
  visit(context) {
    const { maxGraphDepth, maxNodes } = context.limits;
    let nodes = 0;
    return {
      graph(_, place, depth) {
        if (depth === maxGraphDepth + 1) context.report('graph-nesting', { depth }, place);
      },
      node() {
        nodes += 1;
      },
      end() {
        if (nodes > maxNodes) context.report('node-flood', { count: nodes });
        const count = context.model.proto.trainingInfo.length;
        if (count > 0) context.report('training-info-present', { count });
      },
    };
  },
};
