/**
 * TensorRT by its ONNX parser. trtexec refuses a model with a node that the parser cannot import; ONNX Runtime's
 * TensorRT provider leaves such nodes to CUDA or the CPU.
 *
 * TENSORRT_OPERATOR, one per operator that cannot be imported. args: `operator`, `count`, `nodes`.
 * TENSORRT_TYPE, one per operator and type. args: `operator`, `dataType`, `count`, `nodes`; or of an input or output of
 * the model: `tensor`, `dataType`.
 * TENSORRT_LIMIT. args: `operator`, `what`, `allowed`, `found`, `count`, `nodes`.
 * TENSORRT_QUANTIZATION. args: `operator`, `problem` (see quantization.ts), `count`, `nodes`.
 * TENSORRT_CONTROL_FLOW. args: `operator`, `hasScanOutputs`, `count`, `nodes`.
 * TENSORRT_PLUGIN: from TensorRT's own library. args: `operator`, `count`, `nodes`.
 * TENSORRT_OPSET. args: `version`, `oldest`, `newest`.
 * TENSORRT_PROFILE. args: `minShapes`, `optShapes`, `maxShapes`, `assumed`; or `missing`: what --bind has to give.
 */
import { type Finding, type FindingCode, finding } from '../../../base/findings.ts';
import { Groups } from '../groups.ts';
import { type OperatorUse, typeOf } from '../operator-use.ts';
import { type Target, type TargetContext, verdictOf } from '../target.ts';
import { TENSORRT_LIMITS } from './limits.ts';
import {
  dataSlot,
  isBorderType,
  isImportable,
  isPlugin,
  TENSORRT_OPSETS,
  TENSORRT_VERSION,
  takesType,
} from './operators.ts';
import { suggestProfile } from './profile.ts';
import { quantizationProblem } from './quantization.ts';

/** Findings about nodes that TensorRT does not run. */
const ELSEWHERE: readonly FindingCode[] = [
  'TENSORRT_OPERATOR',
  'TENSORRT_TYPE',
  'TENSORRT_LIMIT',
  'TENSORRT_QUANTIZATION',
];

export const tensorrt: Target = {
  id: 'tensorrt',
  judge(context: TargetContext) {
    const { findings: nodes, isUnknown, isLeftNothing } = judgeNodes(context.uses);
    const opset = opsetFinding(context);
    const findings = [...opset, ...nodes, ...bordersOf(context), ...profileOf(context)];
    const elsewhere = findings.filter(({ code }) => ELSEWHERE.includes(code));
    const verdict = verdictOf(findings, elsewhere.length > 0, isUnknown || opset.length > 0);
    return { version: `TensorRT ${TENSORRT_VERSION}`, verdict: isLeftNothing ? 'refused' : verdict, findings };
  },
};

interface JudgedNodes {
  readonly findings: Finding[];
  readonly isUnknown: boolean;
  /** No node but constants can be imported. */
  readonly isLeftNothing: boolean;
}

function judgeNodes(uses: readonly OperatorUse[]): JudgedNodes {
  const groups = new Groups();
  let isUnknown = false;
  let isLeftNothing = uses.length > 0;
  for (const use of uses) {
    const problem = quantizationProblem(use);
    const hasImporter = isImportable(use.operator) || isPlugin(use.node.opType ?? '');
    if (problem !== undefined) groups.add('TENSORRT_QUANTIZATION', use, { problem });
    else if (!hasImporter) groups.add('TENSORRT_OPERATOR', use);
    else if (isImportable(use.operator)) isUnknown = judgeImportable(use, groups) || isUnknown;
    else groups.add('TENSORRT_PLUGIN', use);
    if (problem === undefined && hasImporter && use.operator !== 'Constant') isLeftNothing = false;
  }
  return { findings: groups.findings, isUnknown, isLeftNothing };
}

/** @returns true when it depends on a type that is not known */
function judgeImportable(use: OperatorUse, groups: Groups): boolean {
  const { operator, node } = use;
  for (const excess of TENSORRT_LIMITS.excessesOf(use)) groups.add('TENSORRT_LIMIT', use, { ...excess });
  if (['If', 'Loop', 'Scan'].includes(operator)) {
    // Inputs of Loop: trip count, condition, carried values; what it gives beyond those is collected per iteration.
    const hasScanOutputs = operator !== 'If' && node.output.length > Math.max(0, node.input.length - 2);
    groups.add('TENSORRT_CONTROL_FLOW', use, { hasScanOutputs });
  }
  const dataType = typeOf(use, dataSlot(operator));
  if (dataType != null && !takesType(operator, dataType)) groups.add('TENSORRT_TYPE', use, { dataType });
  return dataType === null;
}

function opsetFinding({ facts }: TargetContext): Finding[] {
  const version = facts.opsets['ai.onnx'];
  const { oldest, newest } = TENSORRT_OPSETS;
  if (version === undefined || (version >= oldest && version <= newest)) return [];
  return [finding('TENSORRT_OPSET', { version, oldest, newest })];
}

function bordersOf({ facts }: TargetContext): Finding[] {
  return [...facts.inputs, ...facts.outputs].flatMap(({ name, dataType }) =>
    isBorderType(dataType) ? [] : [finding('TENSORRT_TYPE', { tensor: name, dataType }, name)],
  );
}

function profileOf(context: TargetContext): Finding[] {
  const profile = suggestProfile(context);
  return profile === undefined ? [] : [finding('TENSORRT_PROFILE', { ...profile })];
}
