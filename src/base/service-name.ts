/** What a service may be called: a label of RFC 1123, because images, charts and Kubernetes objects carry the name. */
import { NimifyError } from './errors.ts';

export const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws NimifyError SERVICE_NAME_INVALID */
export function checkServiceName(name: string): void {
  if (SERVICE_NAME.test(name)) return;
  throw new NimifyError('SERVICE_NAME_INVALID', `${JSON.stringify(name)} cannot be the name of a service.`, {
    hint: 'Use a-z, 0-9 and -, at most 63 characters, beginning and ending with a letter or digit; see --name.',
    details: { name },
  });
}
