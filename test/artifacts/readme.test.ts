/** README.md follows the kind of image: what needs the network, and which ports there are. */
import { expect, test } from 'vitest';
import { artifact } from '../../src/artifacts/readme/artifact.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { FIXTURES } from './fixtures.ts';

async function readme(imageProfile: ServiceFacts['serving']['imageProfile']): Promise<string> {
  const faces = FIXTURES.faces!;
  const [file] = await artifact.generate({ ...faces, serving: { ...faces.serving, imageProfile } });
  return file?.content as string;
}

test('only the standard image builds without network', async () => {
  expect(await readme('standard')).toContain('docker build --network none -t faces:');
  expect(await readme('slim')).toContain('docker build -t faces:');
  expect(await readme('node')).toContain('docker build -t faces:');
});

test('the image of Node has no gRPC, the others have', async () => {
  const node = await readme('node');
  expect(node).not.toMatch(/gRPC|8001/);
  expect(node).toContain('--publish 127.0.0.1:8000:8000 --publish 127.0.0.1:8002:8002');
  expect(await readme('slim')).toMatch(/gRPC[\s\S]*8001:8001/);
});
