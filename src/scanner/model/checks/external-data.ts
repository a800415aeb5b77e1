/** Where the data of external tensors lies; every tensor is looked at, and every problem is told. */
import {
  type ExternalInspection,
  ExternalInspector,
  type ExternalProblemKind,
} from '../../../onnx/external/inspect.ts';
import { isExternal } from '../../../onnx/external-data.ts';
import type { TensorProto } from '../../../onnx/proto.ts';
import type { RuleId } from '../../rules/registry.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import { Checksums } from '../checksum.ts';
import type { Place } from '../walk.ts';

const RULE_OF: Readonly<Record<ExternalProblemKind, RuleId>> = {
  'duplicate-key': 'external-data-duplicate-key',
  location: 'external-data-location',
  nul: 'external-data-nul',
  'memory-address': 'external-data-memory-address',
  absolute: 'external-data-absolute',
  traversal: 'external-data-traversal',
  missing: 'external-data-missing',
  unreadable: 'external-data-unreadable',
  link: 'external-data-link',
  'special-file': 'external-data-special-file',
  'hard-link': 'external-data-hard-link',
  range: 'external-data-range',
  size: 'tensor-size-mismatch',
};

/** ONNX docs/ExternalData.md; `basepath` is set by the Python package. */
const KEYS: ReadonlySet<string> = new Set(['location', 'offset', 'length', 'checksum', 'basepath']);
/** ONNX Runtime writes prepacked weights under keys that begin so (core/framework/tensor_external_data_info.cc). */
const PREPACKED = 'prepacked';

export const externalData: ModelCheck = {
  rules: [...new Set(Object.values(RULE_OF)), 'external-data-unknown-key', 'external-data-checksum'],
  visit(context) {
    const inspector = new ExternalInspector(context.model.path);
    const checksums = new Checksums(context.spend);
    return {
      tensor(tensor, place) {
        // Entries without the mark of an external tensor are passed over by careful readers only.
        if (!isExternal(tensor) && tensor.externalData.length === 0) return;
        const inspection = inspector.inspect(tensor);
        const { file, problems } = inspection;
        if (file !== undefined && !mayBeForeign(problems)) context.dataFile(file.path);
        reportProblems(context, tensor, inspection, place);
        reportKeys(context, tensor, place);
        reportChecksum(context, tensor, inspection, checksums, place);
      },
    };
  },
};

/** A link that leaves the folder, or one more name of any file of the disk: such files are not opened, not even for a digest. */
function mayBeForeign(problems: ExternalInspection['problems']): boolean {
  return problems.some(({ kind }) => kind === 'link' || kind === 'hard-link');
}

function reportProblems(context: ModelContext, tensor: TensorProto, found: ExternalInspection, place: Place): void {
  const name = tensor.name ?? '(unnamed)';
  for (const { kind, what } of found.problems) {
    // Wrong dims have rules of their own.
    if (kind === 'size' && tensor.dims.some((dim) => dim < 0)) continue;
    context.report(RULE_OF[kind], { tensor: name, location: JSON.stringify(found.location), what }, place);
  }
}

function reportKeys(context: ModelContext, tensor: TensorProto, place: Place): void {
  for (const { key = '' } of tensor.externalData) {
    if (KEYS.has(key) || key.startsWith(PREPACKED)) continue;
    context.report(
      'external-data-unknown-key',
      { tensor: tensor.name ?? '(unnamed)', key: JSON.stringify(key) },
      place,
    );
  }
}

function reportChecksum(
  context: ModelContext,
  tensor: TensorProto,
  { file, problems, location }: ExternalInspection,
  checksums: Checksums,
  place: Place,
): void {
  const checksum = tensor.externalData.find(({ key }) => key === 'checksum')?.value;
  if (checksum === undefined || file === undefined || mayBeForeign(problems)) return;
  const complaint = checksums.complaint(file, checksum);
  if (complaint === undefined) return;
  const args = { tensor: tensor.name ?? '(unnamed)', location: JSON.stringify(location), what: complaint.what };
  context.report('external-data-checksum', args, place, complaint.isSkipped ? 'info' : undefined);
}
