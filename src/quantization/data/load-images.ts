/** Samples from image files. One image is in memory at a time. */
import { join } from 'node:path';
import { sha256File } from '../../base/digest.ts';
import { NimifyError } from '../../base/errors.ts';
import { elementCount, type HostTensor, type TensorData } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { isImageName } from '../../tasks/image/decode.ts';
import { imageToTensor } from '../../tasks/image/image-to-tensor.ts';
import { PREPROCESSOR_FILE } from '../../tasks/image/preprocessor-config.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { imageFeeder } from './image-feeder.ts';
import { contentKey, digestOfPrepared, sampleSet } from './sample-set.ts';
import { chooseIndices } from './seeded-random.ts';

/** @throws NimifyError DATA_MISMATCH when the model does not take one image, DATA_EMPTY; DATA_UNREADABLE while walking */
export async function loadImages(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  options: LoadOptions,
): Promise<SampleSet> {
  const { input, batch, preparation, description } = imageFeeder(place, inputs, options);
  const names = place.names?.filter(isImageName) ?? [];
  const paths = place.names === null ? [place.path] : names.map((name) => join(place.path, name));
  const batches = Math.floor(paths.length / batch);
  if (batches === 0) throw tooFew(place, paths.length, batch);
  const groups = chooseIndices(batches, options.maxSamples, options.seed).map((group) =>
    paths.slice(group * batch, (group + 1) * batch),
  );
  const digests: string[] = [];
  for (const path of groups.flat()) digests.push(await sha256File(path, options.signal));
  return sampleSet({
    origin: place.path,
    isRandom: false,
    count: groups.length,
    digest: digestOfPrepared(digests, preparation),
    keys: groups.map((_, group) => contentKey(digests.slice(group * batch, (group + 1) * batch).join())),
    preparation: `${description}${describeRest(place, paths.length, batch)}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    at: async (index) => {
      const tensors: HostTensor[] = [];
      for (const path of groups[index] as string[]) tensors.push(await imageToTensor(path, preparation));
      return { [input.name]: stack(tensors, place.path) };
    },
  });
}

/** Joins tensors of batch 1 along axis 0. */
function stack(tensors: readonly HostTensor[], path: string): HostTensor {
  const [first] = tensors as [HostTensor];
  if (tensors.length === 1) return first;
  if (tensors.some((tensor) => tensor.dims.join() !== first.dims.join())) {
    throw new NimifyError('DATA_MISMATCH', `Images of different sizes in ${path} cannot share one batch.`, {
      hint: 'Bind height and width: --bind height=320 --bind width=320.',
      details: { path },
    });
  }
  const length = elementCount(first.dims);
  const data = new (first.data.constructor as new (count: number) => TensorData)(length * tensors.length);
  for (const [index, tensor] of tensors.entries())
    (data as Float32Array).set(tensor.data as Float32Array, index * length);
  return { dataType: first.dataType, dims: [tensors.length, ...first.dims.slice(1)], data };
}

function tooFew(place: DataPlace, found: number, batch: number): NimifyError {
  return new NimifyError('DATA_EMPTY', `${place.path} has ${found} images; the model takes ${batch} at a time.`, {
    hint: 'Add images.',
    details: { path: place.path, images: found, batch },
  });
}

function describeRest(place: DataPlace, imageCount: number, batch: number): string {
  const others = place.names?.filter((name) => name !== PREPROCESSOR_FILE);
  const ignored = (others?.length ?? imageCount) - imageCount;
  const left = imageCount % batch;
  return [
    ignored === 0 ? '' : `; ${ignored} files that are no images ignored`,
    left === 0 ? '' : `; ${left} images that do not fill a batch of ${batch} left out`,
  ].join('');
}
