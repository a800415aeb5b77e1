/** What stands between an image and the model, as far as settings or a preprocessor_config.json say it. */
import { dirname } from 'node:path';
import type { ServiceFacts } from '../artifacts/service-facts.ts';
import type { Config } from '../config/schema.ts';
import type { TensorInfo } from '../onnx/value-info.ts';
import { imageInputOf } from '../tasks/image/image-input.ts';
import { planImage } from '../tasks/image/image-plan.ts';
import { imageRecipe } from '../tasks/image/preprocessor-config.ts';

/**
 * Null for models that take no image of a fixed size as float32, and where nobody says how pixels are normalized: what
 * is only assumed is not baked into a service.
 * @throws NimifyError CONFIG_INVALID for a preprocessor_config.json that cannot be read
 */
export function preprocessingOf(
  modelPath: string,
  inputs: readonly TensorInfo[],
  { image: settings }: Pick<Config, 'image'>,
): ServiceFacts['preprocessing'] {
  const [input] = inputs;
  const image = input === undefined || inputs.length > 1 ? null : imageInputOf(input);
  if (input === undefined || image === null || input.dataType !== 'float32') return null;
  const recipe = imageRecipe(settings.config, [dirname(modelPath)]);
  const isTold = settings.mean !== null && settings.std !== null;
  if (recipe === undefined && !isTold) return null;
  const { preparation } = planImage('float32', image, { settings, recipe, normalizer: undefined });
  const { height, width, channels, mean, std } = preparation;
  if (height === null || width === null || image.height !== height || image.width !== width) return null;
  const layout = image.layout === 'NCHW' ? 'nchw' : 'nhwc';
  return { kind: 'image', input: input.name, layout, height, width, channels, mean: [...mean], std: [...std] };
}
