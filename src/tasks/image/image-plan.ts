/** How images are prepared for a model: the settings, then its preprocessor_config.json, then the usual. */
import type { Config } from '../../config/schema.ts';
import type { DataType } from '../../onnx/data-type.ts';
import type { ShortestEdge, Size } from './geometry.ts';
import type { ImageInput } from './image-input.ts';
import type { ImagePreparation } from './image-to-tensor.ts';
import type { ImageRecipe } from './preprocessor-config.ts';

export interface ImagePlan {
  readonly preparation: ImagePreparation;
  /** Where that comes from, for the report; empty where the settings say all. */
  readonly source: string;
}

/** Pixels as numbers from 0 to 1. */
const USUAL = { mean: [0], std: [255], channels: 'rgb' } as const;
const AS_THEY_ARE = [1];

export interface ImageKnowledge {
  readonly settings: Partial<Config['image']>;
  readonly recipe: ImageRecipe | undefined;
  /** The node of the model that normalizes pixels; undefined where none does, or nobody looked. */
  readonly normalizer: string | undefined;
}

export function planImage(dataType: DataType, image: ImageInput, known: ImageKnowledge): ImagePlan {
  const { settings, recipe, normalizer } = known;
  const geometry = recipe === undefined ? {} : geometryOf(image, recipe);
  const preparation: ImagePreparation = {
    width: sizeOf(image.width),
    height: sizeOf(image.height),
    layout: image.layout,
    channels: image.channelCount === 1 ? 'gray' : (settings.channels ?? recipe?.channels ?? USUAL.channels),
    mean: settings.mean ?? recipe?.mean ?? USUAL.mean,
    std: settings.std ?? recipe?.std ?? (normalizer === undefined ? USUAL.std : AS_THEY_ARE),
    dataType,
    hasBatchAxis: image.batch !== null,
    ...geometry,
  };
  return { preparation, source: sourceOf(known, preparation) };
}

function sizeOf(dim: ImageInput['width']): number | null {
  return typeof dim === 'number' ? dim : null;
}

type Geometry = Pick<ImagePreparation, 'scaled' | 'filter'> & Partial<Pick<ImagePreparation, 'width' | 'height'>>;

/** A model of a fixed size is right about it: where the file makes another one, the image is squeezed into that of the model. */
function geometryOf(image: ImageInput, { resize, crop, filter }: ImageRecipe): Geometry {
  const target = crop ?? (isSize(resize) ? resize : undefined);
  const [width, height] = [sizeOf(image.width), sizeOf(image.height)];
  const isOpen = width === null && height === null;
  const fits = target === undefined ? isOpen : isSame(width, target.width) && isSame(height, target.height);
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(fits && resize !== undefined && !isEqual(resize, target) ? { scaled: resize } : {}),
    ...(fits && target !== undefined ? { width: target.width, height: target.height } : {}),
  };
}

function isSame(own: number | null, target: number): boolean {
  return own === null || own === target;
}

function isSize(resize: Size | ShortestEdge | undefined): resize is Size {
  return resize !== undefined && 'width' in resize;
}

function isEqual(resize: Size | ShortestEdge, target: Size | undefined): boolean {
  return isSize(resize) && resize.width === target?.width && resize.height === target.height;
}

function sourceOf({ settings, recipe, normalizer }: ImageKnowledge, made: ImagePreparation): string {
  const isTold = settings.mean != null && settings.std != null;
  if (recipe !== undefined) return `by ${recipe.path}${isTold ? ', with mean and std of the settings' : ''}`;
  if (isTold || !made.dataType.startsWith('float')) return '';
  if (normalizer !== undefined && settings.mean == null && settings.std == null) {
    return `pixels as they are, since ${normalizer} of the model normalizes them`;
  }
  return 'mean and std assumed (no preprocessor_config.json, no --image-mean and --image-std)';
}
