/** Recurrent layers: each step of each sequence multiplies with W and R (and the peepholes P) once in each direction. */
import type { NodeProto } from '../../../onnx/proto.ts';
import type { KnownShapes } from '../known-shapes.ts';
import { isThere, microsoft, multiplied, type Work, type WorkRule, type WorkTable } from './rule.ts';

/**
 * FLOPs beside the products for each hidden value of each step and direction, with the standard activations:
 * LSTM 3 sigmoids (4 each), 2 tanh, 8 bias additions and 4 for the cell; GRU 2 sigmoids, 1 tanh, 6 bias additions and 5;
 * RNN 1 tanh and 2 bias additions.
 */
const CELL = { LSTM: 26, GRU: 20, RNN: 3 } as const;

/** X is [steps, batch, inputs] or [batch, steps, inputs]; W and R have one slice for each direction. */
function recurrent(cell: keyof typeof CELL): WorkRule {
  return (node: NodeProto, shapes: KnownShapes): Work => {
    const [data, weight, recurrence] = node.input;
    const peepholes = cell === 'LSTM' && isThere(node.input[7]) ? shapes.size(node.input[7]) : 0;
    const steps = shapes.size(data) / shapes.dim(data, -1);
    const hidden = shapes.dim(recurrence, 0) * shapes.dim(recurrence, -1);
    return multiplied(steps * (shapes.size(weight) + shapes.size(recurrence) + peepholes), steps * hidden * CELL[cell]);
  };
}

/** Weights of the dynamically quantized form are transposed: R is [directions, hidden, 4 × hidden]. */
const quantized: WorkRule = (node, shapes) => {
  const [data, weight, recurrence] = node.input;
  const steps = shapes.size(data) / shapes.dim(data, -1);
  const hidden = shapes.dim(recurrence, 0) * shapes.dim(recurrence, 1);
  return multiplied(steps * (shapes.size(weight) + shapes.size(recurrence)), steps * hidden * CELL.LSTM);
};

export const RECURRENT: WorkTable = {
  LSTM: recurrent('LSTM'),
  GRU: recurrent('GRU'),
  RNN: recurrent('RNN'),
  ...microsoft({ DynamicQuantizeLSTM: quantized }),
};
