/**
 * Images from the generated Dockerfile, by every builder that is here, on a base made without a registry, run with all
 * rights taken away. Each part skips where its program is missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseImage } from '../../src/artifacts/images.ts';
import { nimify, ROOT } from './command.ts';
import { freePort, has, ran, until } from './programs.ts';

/** Of Debian; a newer client in front of it may lack the component for BuildKit. */
const DEBIAN_DOCKER = '/usr/bin/docker';
const SAMPLE = join(ROOT, 'test/fixtures/sample');
const TAG = baseImage('26.07');

const folder = mkdtempSync(join(tmpdir(), 'nimify-images-'));
const socket = `unix://${join(folder, 'docker.sock')}`;
const service = join(folder, 'digits');

const isRoot = process.getuid?.() === 0;
const hasDocker =
  isRoot && has('dockerd', ['--version']) && has(DEBIAN_DOCKER, ['--version']) && has('busybox', ['true']);
const hasBuildah = isRoot && has('buildah', ['--version']) && has('busybox', ['true']);

function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const ended = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DOCKER_HOST: socket, ...env },
    maxBuffer: 64 << 20,
  });
  if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout.trim();
}

const docker = (...args: string[]) => run(DEBIAN_DOCKER, args);

function logs(container: string): string {
  return ran(DEBIAN_DOCKER, ['-H', socket, 'logs', container]).text;
}

beforeAll(async () => {
  if (!hasDocker && !hasBuildah) return;
  const made = await nimify(['create', join(SAMPLE, 'digits.onnx'), '-o', service, '--name', 'digits', '--json'], {
    cwd: folder,
  });
  expect(made.exitCode, made.stdout + made.stderr).toBe(0);
  run(join(ROOT, 'test/setup/triton-base.sh'), [join(folder, 'base')]);
  run('tar', ['-C', join(folder, 'base'), '-c', '-f', join(folder, 'base.tar'), '.']);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasDocker)('docker (needs root, docker.io and busybox-static)', () => {
  let daemon: ChildProcess;

  beforeAll(async () => {
    const state = join(folder, 'docker');
    daemon = spawn(
      'dockerd',
      ['--iptables=false', '--ip6tables=false', '--bridge=none', '-H', socket].concat(
        ['data-root', 'exec-root'].map((name) => `--${name}=${join(state, name)}`),
        [`--pidfile=${join(folder, 'dockerd.pid')}`],
      ),
      { stdio: 'ignore' },
    );
    await until(
      'the daemon answers',
      () => spawnSync(DEBIAN_DOCKER, ['-H', socket, 'info'], { stdio: 'ignore' }).status === 0,
      30_000,
    );
    docker('import', '--change', 'ENV PATH=/usr/bin:/bin', join(folder, 'base.tar'), TAG);
  }, 90_000);

  afterAll(async () => {
    daemon?.kill();
    await new Promise((resolve) => daemon.once('exit', resolve));
    // The daemon leaves the namespace of its network mounted.
    spawnSync('umount', [join(folder, 'docker/exec-root/netns/default')], { stdio: 'ignore' });
  }, 30_000);

  test.each([
    ['the classic builder', '0'],
    ['BuildKit', '1'],
  ])('%s builds the image', { timeout: 120_000 }, (_, buildkit) => {
    const name = `digits:by-${buildkit}`;
    run(DEBIAN_DOCKER, ['build', '--network', 'none', '-t', name, service], { DOCKER_BUILDKIT: buildkit });
    const [image] = JSON.parse(docker('image', 'inspect', name));
    expect(image.Config).toMatchObject({ User: '1000:1000', StopSignal: 'SIGTERM' });
    const { facts } = JSON.parse(readFileSync(join(service, 'service.json'), 'utf8'));
    expect(image.Config.Labels['dev.nimify.model-sha256']).toBe(facts.model.sha256);
    expect(Object.keys(image.Config.ExposedPorts).sort()).toEqual(['8000/tcp', '8001/tcp', '8002/tcp']);
  });

  test.each(['slim', 'node'])('the profile %s builds as well', { timeout: 120_000 }, async (profile) => {
    const args = ['generate', service, '--image-profile', profile, '--json'];
    expect((await nimify(args, { cwd: folder })).exitCode).toBe(0);
    const bases = ['TRITON_MIN_IMAGE', 'NODE_IMAGE'].flatMap((name) => ['--build-arg', `${name}=${TAG}`]);
    run(DEBIAN_DOCKER, ['build', ...bases, '--network', 'none', '-t', `digits:${profile}`, service]);
    if (profile === 'node') {
      const hardened = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--network', 'host'];
      const port = await freePort();
      docker(
        'run',
        '--detach',
        '--name',
        'on-node',
        ...hardened,
        `digits:${profile}`,
        `--port=${port}`,
        '--metrics-port=0',
      );
      const url = `http://127.0.0.1:${port}/v2/health/ready`;
      await until(
        'the server is ready',
        () =>
          fetch(url).then(
            ({ ok }) => ok,
            () => false,
          ),
        30_000,
      );
      docker('rm', '--force', 'on-node');
    }
    expect(
      (await nimify(['generate', service, '--image-profile', 'standard', '--json'], { cwd: folder })).exitCode,
    ).toBe(0);
  });

  test('the image runs read-only as nobody special, becomes healthy, answers, and stops in time', {
    timeout: 120_000,
  }, async () => {
    const [http, metrics] = [await freePort(), await freePort()];
    const hardened = ['--read-only', '--user', '1000:1000', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const flags = [`--http-port=${http}`, `--metrics-port=${metrics}`];
    const health = [
      '--health-interval',
      '1s',
      '--health-cmd',
      `curl --fail --silent http://127.0.0.1:${http}/v2/health/ready`,
    ];
    docker(
      'run',
      '--detach',
      '--name',
      'digits',
      '--network',
      'host',
      '--tmpfs',
      '/tmp',
      ...hardened,
      ...health,
      'digits:by-0',
      ...flags,
    );
    const state = () => docker('inspect', '--format', '{{.State.Status}} {{.State.Health.Status}}', 'digits');
    await until(
      'the container is healthy',
      () => {
        const now = state();
        if (now.startsWith('exited')) throw new Error(logs('digits'));
        return now === 'running healthy';
      },
      40_000,
    );

    const request = readFileSync(join(SAMPLE, 'request.json'), 'utf8');
    const answer = await fetch(`http://127.0.0.1:${http}/v2/models/digits/infer`, { method: 'POST', body: request });
    expect(answer.status, await answer.text()).toBe(200);
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    expect(text).toMatch(/^nv_inference_request_success\{model="digits",version="1"\} 1$/m);

    expect(docker('exec', 'digits', 'id', '-u')).toBe('1000');
    const writing = spawnSync(DEBIAN_DOCKER, [
      '-H',
      socket,
      'exec',
      'digits',
      'sh',
      '-c',
      'echo x > /models/digits/1/model.onnx',
    ]);
    expect(writing.status).not.toBe(0);

    const started = Date.now();
    docker('stop', '--time', '20', 'digits');
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(docker('inspect', '--format', '{{.State.ExitCode}}', 'digits')).toBe('0');
  });
});

describe.skipIf(!hasBuildah)('buildah (needs root and busybox-static)', () => {
  test('builds the image', { timeout: 180_000 }, () => {
    const store = ['--root', join(folder, 'buildah'), '--runroot', join(folder, 'buildah-run')];
    const buildah = (...args: string[]) => run('buildah', [...store, ...args], { STORAGE_DRIVER: 'vfs' });
    const container = buildah('from', 'scratch');
    buildah('add', container, join(folder, 'base.tar'), '/');
    buildah('config', '--env', 'PATH=/usr/bin:/bin', container);
    buildah('commit', '--rm', container, TAG);
    buildah('bud', '--isolation', 'chroot', '--format', 'docker', '--pull-never', '-t', 'digits', service);
    const image = JSON.parse(buildah('inspect', '--type', 'image', 'digits'));
    expect(image.Docker.config).toMatchObject({ User: '1000:1000' });
    expect(image.Docker.config.Healthcheck.Test).toContain('http://127.0.0.1:8000/v2/health/ready');
  });
});
