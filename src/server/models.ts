/** The models of the server by name, and Triton's words for those that are not there. */
import type { HostedModel } from './hosted-model.ts';
import { ProtocolError } from './protocol-error.ts';

export class Models {
  readonly all: readonly HostedModel[];
  readonly #byName: ReadonlyMap<string, HostedModel>;

  constructor(models: readonly HostedModel[]) {
    this.all = models;
    this.#byName = new Map(models.map((model) => [model.served.name, model]));
  }

  get areReady(): boolean {
    return this.all.every(({ state }) => state === 'READY');
  }

  find(name: string, version: string | undefined): HostedModel | undefined {
    const model = this.#byName.get(name);
    return version === undefined || model?.served.version === version ? model : undefined;
  }

  /** @throws ProtocolError 404 */
  get(name: string, version: string | undefined): HostedModel {
    const model = this.find(name, version);
    if (model !== undefined) return model;
    const which = this.#byName.has(name) ? `'${name}' version ${version}` : `'${name}'`;
    throw new ProtocolError('notFound', `Request for unknown model: ${which} is not found`);
  }
}
