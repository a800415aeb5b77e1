/** BatchNormalization moves into the layer before it. */
import { opsetVersion } from '../graph.ts';
import { GraphEditor } from '../graph-editor.ts';
import { foldChannels } from './fold-channels.ts';
import { editableGraphs } from './graphs.ts';
import type { Pass } from './pass.ts';

/** Before opset 7, BatchNormalization trains unless told otherwise. */
const INFERENCE_OPSET = 7;
const FOLD = { layers: ['Conv', 'ConvTranspose', 'Gemm'], operators: ['BatchNormalization'] } as const;

export const batchNormalization: Pass = {
  id: 'batch-normalization',
  did: 'BatchNormalization folded',
  run: (model) => {
    if ((opsetVersion(model) ?? 0) < INFERENCE_OPSET) return 0;
    return editableGraphs(model).reduce((sum, graph) => sum + foldChannels(new GraphEditor(graph), FOLD), 0);
  },
};
