/** Names for services, made from names of files. */
import { basename, dirname } from 'node:path';

const MAX_LABEL_LENGTH = 63;
/** File names that say nothing about the model; the folder says more. */
const COMMON = new Set(['model', 'model-quantized', 'model-optimized', 'network', 'net', 'onnx', '1', 'index']);

/** Folders of the Hugging Face cache: `models--org--name/snapshots/<commit>/…`. */
const CACHE_FOLDER = /models--[^/]+--([^/]+)\/snapshots\//;

/** `tiny-bert/model.onnx` → `tiny-bert`, `RFB_320 (v2).onnx` → `rfb-320-v2`; `model` when nothing usable is left. */
export function suggestName(path: string): string {
  const own = dnsLabel(basename(path).replace(/\.onnx$/i, ''));
  if (own !== '' && !COMMON.has(own)) return own;
  const repository = CACHE_FOLDER.exec(path)?.[1];
  if (repository !== undefined) return dnsLabel(repository) || own || 'model';
  let folder = dirname(path);
  while (COMMON.has(dnsLabel(basename(folder)))) folder = dirname(folder);
  return dnsLabel(basename(folder)) || own || 'model';
}

/** RFC 1123 label: lower-case letters, digits and inner dashes, at most 63 characters; empty when none is left. */
function dnsLabel(text: string): string {
  const plain = text.normalize('NFKD').toLowerCase();
  const dashed = plain.replaceAll(/\p{M}/gu, '').replaceAll(/[^a-z0-9]+/g, '-');
  return dashed.replace(/^-+/, '').slice(0, MAX_LABEL_LENGTH).replace(/-+$/, '');
}
