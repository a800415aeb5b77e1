/** Judges compose.yaml: keys that compose versions disagree about, ports, mounts, order of start. */
import type { ServiceFiles } from '../artifact.ts';
import { COMPOSE_FILE, COMPOSE_SERVER } from '../layout.ts';
import { at, listAt, type Problems, textAt } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';

const TOP_LEVEL = new Set(['services', 'volumes', 'networks', 'configs', 'secrets']);
const SERVICE_KEYS = new Set(
  (
    'image build read_only cap_drop cap_add security_opt restart user ports tmpfs shm_size stop_grace_period healthcheck ' +
    'deploy command entrypoint environment env_file volumes depends_on networks labels logging init hostname expose ' +
    'extra_hosts group_add ulimits working_dir profiles platform pull_policy container_name stop_signal runtime ' +
    'mem_limit cpus pids_limit sysctls dns network_mode configs secrets privileged devices gpus'
  ).split(' '),
);

export function checkCompose(content: unknown, files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  for (const key of Object.keys((content ?? {}) as object)) {
    if (TOP_LEVEL.has(key) || key.startsWith('x-')) continue;
    const why =
      key === 'version' || key === 'name' ? 'which versions of compose disagree about' : 'which compose does not know';
    problems.invalid(COMPOSE_FILE, `has the top-level key ${key}, ${why}`);
  }
  const services = at(content, 'services');
  if (typeof services !== 'object' || services === null) {
    problems.invalid(COMPOSE_FILE, 'has no services');
    return;
  }
  for (const [name, service] of Object.entries(services)) checkService(name, service, services, files, problems);
  const server = serverOf(services as Record<string, unknown>, facts);
  if (server === undefined) problems.disagrees(COMPOSE_FILE, 'services', Object.keys(services), COMPOSE_SERVER);
  else checkServer(server, facts, problems);
}

function serverOf(services: Record<string, unknown>, facts: ServiceFacts): unknown {
  return (
    services[COMPOSE_SERVER] ?? Object.values(services).find((service) => textAt(service, 'image').includes(facts.name))
  );
}

function checkService(name: string, service: unknown, services: object, files: ServiceFiles, problems: Problems): void {
  const unknown = Object.keys((service ?? {}) as object).filter(
    (key) => !SERVICE_KEYS.has(key) && !key.startsWith('x-'),
  );
  for (const key of unknown) problems.invalid(COMPOSE_FILE, `the service ${name} has the unknown key ${key}`);
  for (const needed of namesOf(at(service, 'depends_on'))) {
    if (!(needed in services)) problems.invalid(COMPOSE_FILE, `${name} depends on ${needed}, which is no service`);
    const condition = at(service, 'depends_on', needed, 'condition');
    if (condition === 'service_healthy' && at(services, needed, 'healthcheck') === undefined) {
      problems.invalid(COMPOSE_FILE, `${name} waits for the health of ${needed}, which has no healthcheck`);
    }
  }
  for (const volume of listAt(service, 'volumes')) checkMount(name, volume, files, problems);
}

function namesOf(dependsOn: unknown): string[] {
  return Array.isArray(dependsOn) ? dependsOn.map(String) : Object.keys((dependsOn ?? {}) as object);
}

/** A bind mount of a path that is not there becomes an empty folder owned by root, without a word. */
function checkMount(name: string, volume: unknown, files: ServiceFiles, problems: Problems): void {
  const source = typeof volume === 'string' ? (volume.split(':')[0] as string) : textAt(volume, 'source');
  if (!source.startsWith('./')) return;
  const path = source.slice(2).replace(/\/$/, '');
  const isThere = [...files.keys()].some((file) => file === path || file.startsWith(`${path}/`));
  if (!isThere) problems.disagrees(COMPOSE_FILE, `mount of ${name}`, source, 'a path of the service folder');
}

function checkServer(server: unknown, facts: ServiceFacts, problems: Problems): void {
  const { httpPort, gpus } = facts.serving;
  const inside = listAt(server, 'ports').map((port) =>
    Number(
      String(at(port, 'target') ?? port)
        .split(':')
        .at(-1)
        ?.split('/')[0],
    ),
  );
  if (!inside.includes(httpPort)) problems.disagrees(COMPOSE_FILE, 'ports', inside, httpPort);
  const test = listAt(server, 'healthcheck', 'test').join(' ');
  const [, port, path] = /:(\d+)(\/[^\s"']*)/.exec(test) ?? [];
  if (test !== '') {
    problems.expect(COMPOSE_FILE, 'port of the healthcheck', Number(port), httpPort);
    problems.expect(COMPOSE_FILE, 'path of the healthcheck', path, '/v2/health/ready');
  }
  const devices = listAt(server, 'deploy', 'resources', 'reservations', 'devices');
  const reserved = devices.map((device) => at(device, 'count') ?? null);
  problems.expect(COMPOSE_FILE, 'reserved GPUs', reserved, gpus > 0 ? [gpus] : []);
}
