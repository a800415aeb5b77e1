import { finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { compareVersions } from '../version.ts';

/** The `engines` field of package.json. */
const MINIMUM = '20.19.0';

export const nodeCheck: Check = {
  id: 'node',
  title: 'Node.js',
  async run({ nodeVersion }) {
    return compareVersions(nodeVersion, MINIMUM) < 0
      ? [finding('NODE_TOO_OLD', { found: nodeVersion, needed: MINIMUM })]
      : [finding('CHECK_OK', { detail: nodeVersion })];
  },
};
