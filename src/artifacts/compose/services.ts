/** The three services of compose.yaml. */
import { GRACE_SECONDS, PRE_STOP_SECONDS, SHARED_MEMORY_MIB, startupSeconds } from '../capacity.ts';
import { GRAFANA_IMAGE, GRAFANA_PORT, healthCommand, PROMETHEUS_IMAGE, PROMETHEUS_PORT } from '../images.ts';
import { COMPOSE_SERVER, GRAFANA_FOLDER, imageReference, PROMETHEUS_FOLDER } from '../layout.ts';
import { servedPorts } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';

type ComposeService = Readonly<Record<string, unknown>>;

const HARDENED = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
} as const;

export function composeServices(facts: ServiceFacts): Record<string, ComposeService> {
  return {
    [COMPOSE_SERVER]: server(facts),
    prometheus: prometheus(),
    grafana: grafana(),
  };
}

function server(facts: ServiceFacts): ComposeService {
  const { cpuCores, memoryMiB, gpus } = facts.serving;
  return {
    image: imageReference(facts),
    build: { context: '.' },
    // Never from a registry, where anybody may own this name.
    pull_policy: 'build',
    ...HARDENED,
    user: '1000:1000',
    ports: servedPorts(facts).map((port) => `127.0.0.1:${port}:${port}`),
    tmpfs: ['/tmp'],
    shm_size: `${SHARED_MEMORY_MIB}m`,
    stop_grace_period: `${GRACE_SECONDS - PRE_STOP_SECONDS}s`,
    healthcheck: {
      test: ['CMD', ...healthCommand(facts)],
      interval: '10s',
      timeout: '5s',
      retries: 3,
      start_period: `${startupSeconds(facts)}s`,
    },
    deploy: {
      resources: {
        limits: { cpus: String(cpuCores), memory: `${memoryMiB}M` },
        ...(gpus > 0 ? { reservations: { devices: [{ driver: 'nvidia', count: gpus, capabilities: ['gpu'] }] } } : {}),
      },
    },
  };
}

function prometheus(): ComposeService {
  return {
    image: replaceable('PROMETHEUS_IMAGE', PROMETHEUS_IMAGE),
    ...HARDENED,
    command: [
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.time=15d',
    ],
    ports: [`127.0.0.1:${PROMETHEUS_PORT}:${PROMETHEUS_PORT}`],
    volumes: [`./${PROMETHEUS_FOLDER}:/etc/prometheus:ro`, 'prometheus-data:/prometheus'],
    depends_on: { [COMPOSE_SERVER]: { condition: 'service_healthy' } },
    healthcheck: probe(`http://127.0.0.1:${PROMETHEUS_PORT}/-/ready`),
  };
}

function grafana(): ComposeService {
  return {
    image: replaceable('GRAFANA_IMAGE', GRAFANA_IMAGE),
    ...HARDENED,
    tmpfs: ['/tmp'],
    // Everybody on this machine may look, and there is no admin whose default password could be guessed.
    environment: {
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    },
    ports: [`127.0.0.1:${GRAFANA_PORT}:${GRAFANA_PORT}`],
    volumes: [
      `./${GRAFANA_FOLDER}/provisioning:/etc/grafana/provisioning:ro`,
      `./${GRAFANA_FOLDER}/dashboards:/etc/grafana/dashboards:ro`,
      'grafana-data:/var/lib/grafana',
    ],
    depends_on: { prometheus: { condition: 'service_healthy' } },
    healthcheck: probe(`http://127.0.0.1:${GRAFANA_PORT}/api/health`),
  };
}

/** An image that a variable of the environment replaces, for mirrors and digests. */
function replaceable(variable: string, image: string): string {
  return `\${${variable}:-${image}}`;
}

/** Both images are built on busybox, which has wget and no curl. */
function probe(url: string): ComposeService {
  return { test: ['CMD', 'wget', '-q', '-O', '/dev/null', url], interval: '10s', timeout: '5s', retries: 6 };
}
