import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runtimeProviders } from '../../src/runtime/load.ts';
import { ROOT } from './command.ts';

test('a provider that is not bundled is listed only where its library was installed', async () => {
  const files = readdirSync(join(ROOT, 'node_modules', 'onnxruntime-node', 'bin'), {
    recursive: true,
    encoding: 'utf8',
  });
  const providers = await runtimeProviders();
  expect(providers).toContain('cpu');
  for (const name of ['cuda', 'tensorrt']) {
    const isInstalled = files.some((file) => file.endsWith(`libonnxruntime_providers_${name}.so`));
    expect([name, providers.includes(name)]).toEqual([name, isInstalled]);
  }
});
