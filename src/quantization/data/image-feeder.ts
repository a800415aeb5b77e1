/** How images become the only input of a model: from files of a folder as from rows that name them. */
import { dirname } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { DataType } from '../../onnx/data-type.ts';
import { openModel } from '../../onnx/open.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import { type ImageInput, imageInputOf } from '../../tasks/image/image-input.ts';
import { planImage } from '../../tasks/image/image-plan.ts';
import { canHoldImage, describePreparation, type ImagePreparation } from '../../tasks/image/image-to-tensor.ts';
import { normalizingNode } from '../../tasks/image/own-normalization.ts';
import { type ImageRecipe, imageRecipe } from '../../tasks/image/preprocessor-config.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { describeInput } from './map-arrays.ts';

export interface ImageFeeder {
  readonly input: TensorInfo;
  /** Images per run. */
  readonly batch: number;
  readonly preparation: ImagePreparation;
  /** The same in words, with where it comes from. */
  readonly description: string;
}

/** @throws NimifyError DATA_MISMATCH when the model does not take one image, CONFIG_INVALID */
export function imageFeeder(place: DataPlace, inputs: readonly TensorInfo[], options: LoadOptions): ImageFeeder {
  const { input, image } = onlyImageInput(place, inputs);
  const recipe = recipeFor(place, options);
  const { preparation, source } = planImage(input.dataType as DataType, image, {
    settings: options.image,
    recipe,
    normalizer: normalizerOf(input, recipe, options),
  });
  const description = `${describePreparation(preparation)}${source === '' ? '' : `, ${source}`}`;
  return { input, batch: image.batch ?? 1, preparation, description };
}

function onlyImageInput(place: DataPlace, inputs: readonly TensorInfo[]): { input: TensorInfo; image: ImageInput } {
  const input = inputs[0];
  const image = input === undefined ? null : imageInputOf(input);
  if (input !== undefined && inputs.length === 1 && image !== null && canHoldImage(input.dataType)) {
    return { input, image };
  }
  const told = inputs.map(describeInput).join(', ');
  const why = inputs.length === 1 ? 'its input does not take one' : `it has ${inputs.length} inputs`;
  throw new NimifyError('DATA_MISMATCH', `The images of ${place.path} cannot feed the model: ${why} (${told}).`, {
    hint: 'Give .npz files with one array per input.',
    details: { path: place.path, inputs: inputs.map(({ name }) => name) },
  });
}

/** The file of the settings, or one beside the model or the data. */
function recipeFor(place: DataPlace, { image, modelPath }: LoadOptions): ImageRecipe | undefined {
  const beside = [
    ...(modelPath === undefined ? [] : [dirname(modelPath)]),
    place.names === null ? dirname(place.path) : place.path,
  ];
  return imageRecipe(image.config, beside);
}

/** Looked for where nothing else says how pixels are normalized. */
function normalizerOf(
  { name }: TensorInfo,
  recipe: ImageRecipe | undefined,
  { image, modelPath }: LoadOptions,
): string | undefined {
  if (recipe !== undefined || image.mean != null || image.std != null || modelPath === undefined) return undefined;
  return normalizingNode(openModel(modelPath).proto.graph, name);
}
