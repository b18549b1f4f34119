import type { Deps } from '../deps.ts'
import { pspWays } from '../psp-gateway/psp-health.ts'
import type { Metrics, Reading } from './metrics.ts'

const one = (value: number) => [{ labels: {}, value }]

/** What every process knows of its own state. */
export function tellState({ config, pool, directory, readiness, metrics }: Deps): void {
  metrics.read('fincore_database_connections', () => [
    { labels: { connection: 'in_use' }, value: pool.totalCount - pool.idleCount },
    { labels: { connection: 'idle' }, value: pool.idleCount },
  ])
  metrics.read('fincore_database_connections_most', () => one(config.databaseConnections))
  metrics.read('fincore_database_waiting', () => one(pool.waitingCount))
  metrics.read('fincore_directory_listening', () => one(directory.isListening() ? 1 : 0))
  let isReady = true
  metrics.beforeReading(async () => {
    isReady = (await readiness.findObstacle()) === null
  })
  metrics.read('fincore_ready', () => one(isReady ? 1 : 0))
}

/** How the PSP accounts do to which this process sends payments. */
export function tellPsps({ pspHealth, pspPlaces, metrics }: Deps): void {
  const height = { closed: 0, half_open: 0.5, open: 1 } as const
  metrics.read('fincore_psp_breaker_open', () =>
    pspWays.flatMap((way) =>
      pspHealth[way].list().flatMap((account) => {
        const status = pspHealth[way].statusOf(account)
        return status === null ? [] : [{ labels: { psp_account: account, way }, value: height[status.state] }]
      }),
    ),
  )
  tellPlaces(metrics, 'fincore_psp_places_in_use', pspPlaces, ({ underWay }) => underWay)
  tellPlaces(metrics, 'fincore_psp_places', pspPlaces, ({ most }) => most)
}

function tellPlaces(
  metrics: Metrics,
  name: 'fincore_psp_places_in_use' | 'fincore_psp_places',
  places: Deps['pspPlaces'],
  value: (of: { underWay: number; most: number }) => number,
): void {
  const read = (): Reading<typeof name>[] =>
    pspWays.flatMap((way) =>
      places[way].list().map((of) => ({ labels: { psp_account: of.accountId, way }, value: value(of) })),
    )
  metrics.read(name, read)
}
