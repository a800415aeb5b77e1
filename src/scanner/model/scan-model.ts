/** One .onnx file through all checks of models. No weight is read but for checksums, counts and indices. */

import { NimifyError } from '../../base/errors.ts';
import { type ModelStructure, readStructure } from '../../onnx/open.ts';
import type { Collector } from '../collector.ts';
import type { ScanLimits } from '../limits.ts';
import { MODEL_CHECKS } from './registry.ts';
import { type ModelVisitor, placeText, walkModel } from './walk.ts';

export interface ModelScan {
  /** Every TensorProto, wherever it is. */
  readonly tensors: number;
  /** Paths of the files that hold tensor data and lie where they should. */
  readonly dataFiles: readonly string[];
}

/** @param file how results name it */
export function scanModel(path: string, file: string, collector: Collector, limits: ScanLimits): ModelScan {
  const model = structureOf(path, file, collector);
  if (model === undefined) return { tensors: 0, dataFiles: [] };
  let tensors = 0;
  let readable = limits.maxReadBytes;
  const dataFiles = new Set<string>();
  const counter: ModelVisitor = {
    tensor: () => {
      tensors += 1;
    },
  };
  const visitors = MODEL_CHECKS.map((check) =>
    check.visit({
      model,
      limits,
      dataFile: (data) => dataFiles.add(data),
      spend: (bytes) => {
        if (bytes > readable) return false;
        readable -= bytes;
        return true;
      },
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
