import { expect, test } from 'vitest';
import { inferNode, problemsOf } from './notation.ts';

const TRAINING = 'ai.onnx.preview.training';

test('scores and labels that do not go together', () => {
  const attributes = { reduction: 'none' };
  expect(problemsOf('NegativeLogLikelihoodLoss', ['float32[3,5,2]', 'int64[3,4]'], { attributes })).toEqual([
    expect.stringContaining('both 4 and 2'),
  ]);
});

test('a loss is one number, or one for each label', () => {
  const inputs = ['float32[N,5,D]', 'int64[N,7]'];
  expect(inferNode('NegativeLogLikelihoodLoss', inputs)).toEqual(['float32[]']);
  const attributes = { reduction: 'none' };
  expect(inferNode('SoftmaxCrossEntropyLoss', inputs, { attributes, outputs: 2 })).toEqual([
    'float32[N,7]',
    'float32[N,5,D]',
  ]);
});

test('optimizers give new values and states, without the gradients', () => {
  const values = ['float32[2]', 'float32[3]'];
  const step = ['float32[]', 'int64[]'];
  const adam = [...step, ...values, ...values, ...values, ...values];
  expect(inferNode('Adam', adam, { domain: TRAINING, outputs: 6 })).toEqual([...values, ...values, ...values]);
  const momentum = [...step, ...values, ...values, ...values];
  expect(inferNode('Momentum', momentum, { domain: TRAINING, outputs: 4 })).toEqual([...values, ...values]);
});

test('gradients have the shape of what they are taken by', () => {
  const attributes = { xs: ['a', 'b'], zs: ['c'], y: 'y' };
  const inputs = ['float32[2]', 'float32[3]', 'float32[4]'];
  expect(inferNode('Gradient', inputs, { domain: TRAINING, attributes, outputs: 2 })).toEqual(inputs.slice(0, 2));
});
