/** One .onnx file through all checks of models. No weight is read but for checksums, counts and indices. */

import { dirname, join } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { type ModelStructure, readStructure } from '../../onnx/open.ts';
import type { Collector } from '../collector.ts';
import type { ScanLimits } from '../limits.ts';
import { MODEL_CHECKS } from './registry.ts';
import { placeText, walkModel } from './walk.ts';

export interface ModelScan {
  /** Every TensorProto, wherever it is. */
  readonly tensors: number;
  /** Files that hold tensor data, as the model names them. */
  readonly dataFiles: readonly string[];
}

/** @param file how results name it */
export function scanModel(path: string, file: string, collector: Collector, limits: ScanLimits): ModelScan {
  const model = structureOf(path, file, collector);
  if (model === undefined) return { tensors: 0, dataFiles: [] };
  let tensors = 0;
  const dataFiles = new Set<string>();
  const counter = {
    tensor: ({ externalData }: { externalData: readonly { key?: string; value?: string }[] }) => {
      tensors += 1;
      const location = externalData.find(({ key }) => key === 'location')?.value;
      if (location !== undefined && !location.includes('\0')) dataFiles.add(join(dirname(path), location));
    },
  };
  const visitors = MODEL_CHECKS.map((check) =>
    check.visit({
      model,
      limits,
      report: (rule, args, place, severity) => {
        const where = place === undefined ? '' : placeText(place);
        collector.report(file, rule, args, { ...(where !== '' && { where }), ...(severity && { severity }) });
      },
    }),
  );
  walkModel(model.proto, [counter, ...visitors]);
  return { tensors, dataFiles: [...dataFiles] };
}

function structureOf(path: string, file: string, collector: Collector): ModelStructure | undefined {
  try {
    return readStructure(path);
  } catch (error) {
    if (!(error instanceof NimifyError) || !UNREADABLE.test(error.code)) throw error;
    const rule = error.code === 'MODEL_LIMIT' ? 'message-limit' : 'model-unreadable';
    collector.report(file, rule, { what: error.message, code: error.code });
    return undefined;
  }
}

const UNREADABLE = /^MODEL_|^FILE_/;
