import { ports } from '../network/allowed-flows.ts'
import type { ServiceName } from '../services/services-table.ts'

/** How often metrics are read: half as often as docs/metrics.md has it, since each sample is paid for. Rules look at minutes. */
export const scrapeSeconds = 30
/** The setting by which Fargate tells each container of a task where to ask about it; the task's id is in it. */
export const taskAddress = `\${env:ECS_CONTAINER_METADATA_URI_V4}`
/** What the collector has of a task: its share of a processor of 1024 when all are wanted, and MiB, at which it is ended. */
export const collectorSize = { cpu: 64, memory: 256 }

/**
 * The collector's settings, as YAML that is JSON too: it reads the program beside it and writes to one workspace. It receives
 * nothing; the one port that it opens, for its health check, is on loopback.
 *
 * @param remoteWriteUrl where the workspace takes samples.
 */
export function collectorConfig(service: ServiceName, region: string, remoteWriteUrl: string): string {
  const job = {
    // The name that dashboards and alerts go by.
    job_name: 'fincore',
    scrape_interval: `${scrapeSeconds}s`,
    static_configs: [{ targets: [`127.0.0.1:${ports.management}`] }],
    // All tasks have the same address for their own collector, and series of the same labels would be one series. So the
    // instance is the task: Fargate tells its id in an address, and `$$` is the collector's way to write `$`.
    relabel_configs: [
      { target_label: 'instance', replacement: taskAddress },
      {
        source_labels: ['instance'],
        regex: '.*/([0-9a-f]+)-[^/]*',
        target_label: 'instance',
        replacement: `${service}/$$1`,
      },
    ],
  }
  return JSON.stringify({
    extensions: {
      health_check: { endpoint: '127.0.0.1:13133' },
      sigv4auth: { region, service: 'aps' },
    },
    receivers: { prometheus: { config: { scrape_configs: [job] } } },
    processors: {
      memory_limiter: {
        check_interval: '1s',
        limit_mib: Math.floor(collectorSize.memory * 0.8),
        spike_limit_mib: Math.floor(collectorSize.memory * 0.2),
      },
    },
    exporters: { prometheusremotewrite: { endpoint: remoteWriteUrl, auth: { authenticator: 'sigv4auth' } } },
    service: {
      extensions: ['health_check', 'sigv4auth'],
      // Its own figures would go the way that they are to watch; what it cannot do, its log tells.
      telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
      pipelines: {
        metrics: {
          receivers: ['prometheus'],
          processors: ['memory_limiter'],
          exporters: ['prometheusremotewrite'],
        },
      },
    },
  })
}
