/**
 * OpenVINO by its ONNX frontend.
 *
 * OPENVINO_OPERATOR, one per operator that is not converted. args: `operator`, `count`, `nodes`.
 * OPENVINO_LIMIT. args: `operator`, `what`, `allowed`, `found`, `count`, `nodes`.
 * OPENVINO_TYPE, one per operator and type. args: `operator`, `dataType`, `count`, `nodes`.
 */
import { Groups } from '../groups.ts';
import { type OperatorUse, typeOf } from '../operator-use.ts';
import { type Target, type TargetContext, verdictOf } from '../target.ts';
import { OPENVINO_LIMITS } from './limits.ts';
import { isUnreadable, OPENVINO_OPERATORS, OPENVINO_VERSION } from './operators.ts';

export const openvino: Target = {
  id: 'openvino',
  judge({ uses }: TargetContext) {
    const groups = new Groups();
    for (const use of uses) {
      if (!OPENVINO_OPERATORS.has(use.operator)) groups.add('OPENVINO_OPERATOR', use);
      for (const excess of OPENVINO_LIMITS.excessesOf(use)) groups.add('OPENVINO_LIMIT', use, { ...excess });
      const dataType = typesOfUse(use).find(isUnreadable);
      if (dataType !== undefined) groups.add('OPENVINO_TYPE', use, { dataType });
    }
    const { findings } = groups;
    const isUnknown = uses.some((use) => use.node.output.some((name, index) => name && isOpen(use, index)));
    return { version: `OpenVINO ${OPENVINO_VERSION}`, verdict: verdictOf(findings, false, isUnknown), findings };
  },
};

function typesOfUse(use: OperatorUse) {
  return [
    ...use.node.input.map((_, index) => typeOf(use, { side: 'input', index })),
    ...use.node.output.map((_, index) => typeOf(use, { side: 'output', index })),
  ].filter((type) => type != null);
}

function isOpen(use: OperatorUse, index: number): boolean {
  return typeOf(use, { side: 'output', index }) === null;
}
