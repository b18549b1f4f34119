import { join } from 'node:path'
import { chooseFreePorts } from '@fincore/dev/addresses'
import { findFreePort } from '@fincore/dev/free-ports'
import { type Exit, type ManagedProcess, pathInRepository } from '@fincore/dev/managed-process'
import { addressesOf, planCardRelay, planPaymentService, planPsp } from '@fincore/dev/process-plans'
import { buildOnGround } from '../drill-ground.ts'
import type { JudgedWorld } from '../faults/drill-world.ts'
import type { Journal } from '../faults/journal.ts'
import { startMerchantReceiver } from '../faults/merchant-receiver.ts'
import { startTcpWay } from '../tcp-way.ts'
import { type Balancer, startBalancer, type Target } from './balancer.ts'

/** Code that a process can be started from. */
export type Version = {
  name: string
  /** Its repository's root. */
  folder: string
  /** Where its API says whether it wants requests. */
  readyPath: string
  /** Whether it drains when told to end; otherwise the balancer is told first, as an operator would. */
  drains: boolean
}

/** A payment service behind the balancers. */
export type Service = { version: Version; roles: string; retire(): Promise<{ exit: Exit; ms: number }> }

export type UpgradeWorld = JudgedWorld & {
  /** Those that were started first. */
  services: Service[]
  /** Starts one, and puts it into service when it is ready. */
  startService(version: Version, roles: string): Promise<Service>
  /** Starts a card relay of this version, and then ends the one before. */
  replaceRelay(version: Version): Promise<void>
}

/** Many of the balancer's looks, on a machine that is busy. It lasts no longer than the balancer needs. */
const drainMs = 10_000

export function startUpgradeWorld(options: {
  journal: Journal
  ownerUrl: string
  appUrl: string
  version: Version
  /** The roles of each payment service that is started; the first is an admin too. */
  roles: readonly string[]
  withRelay: boolean
}): Promise<UpgradeWorld> {
  const { journal, ownerUrl, appUrl, version } = options
  return buildOnGround('upgrade', async (ground) => {
    const { keep } = ground
    const front = keep(await startBalancer())
    const internal = keep(await startBalancer())
    // The card relay ends TLS itself, so its load balancer shares out connections.
    const cards = keep(await startTcpWay(null))
    const portOf = (url: string) => Number(new URL(url).port)
    const ports = {
      ...(await chooseFreePorts()),
      api: portOf(front.url),
      internal: portOf(internal.url),
      relay: cards.port,
    }
    const addresses = addressesOf(ports)
    let count = 0
    const unique = (name: string) => `${name} ${++count}`
    const receiver = keep(await startMerchantReceiver(ports.shop, journal))
    await ground.start(planPsp(ground.planWith(ports)))

    const services: Service[] = []
    const startService = async (of: Version, roles: string): Promise<Service> => {
      const settings = {
        ROLES: roles,
        API_PORT: '0',
        INTERNAL_PORT: '0',
        MANAGEMENT_PORT: '0',
        ADMIN_PORT: services.length === 0 ? String(ports.admin) : '0',
        // Nobody sends a worker requests, so it has none to wait for.
        DRAIN_MS: roles.includes('api') ? String(drainMs) : '0',
      }
      const plan = planPaymentService(ground.planWith(ports, { appUrl, overrides: { 'payment-service': settings } }))
      // Tests start this version faster.
      const main = of.folder === pathInRepository('') ? plan.main : join(of.folder, 'payment-service/src/main.ts')
      const process = await ground.start(ground.rename({ ...plan, main }, unique(`payment-service, ${of.name}`)))
      const { api, internal: inner } = process.listening
      const behind: [Balancer, Target][] = []
      if (api !== undefined && inner !== undefined) {
        const healthUrl = `${api}${of.readyPath}`
        behind.push([front, { url: api, healthUrl }], [internal, { url: inner, healthUrl }])
      }
      await Promise.all(behind.map(([balancer, target]) => balancer.add(target)))
      const take = (how: 'untilDrained' | 'remove') =>
        Promise.all(behind.map(([balancer, target]) => balancer[how](target)))
      return {
        version: of,
        roles,
        async retire() {
          if (!of.drains) await take('remove')
          const begunAt = performance.now()
          const ending = process.kill('SIGTERM')
          if (of.drains && behind.length > 0) {
            await take('untilDrained')
            // A second signal: nobody sends it anything any more.
            void process.kill('SIGTERM')
            await take('remove')
          }
          const exit = await ending
          return { exit, ms: performance.now() - begunAt }
        },
      }
    }
    for (const roles of options.roles) services.push(await startService(version, roles))

    let relay: { process: ManagedProcess; port: number } | null = null
    const replaceRelay = async (of: Version) => {
      const earlier = relay
      const port = await findFreePort()
      const plan = planCardRelay(ground.planWith(ports, { overrides: { 'card-relay': { RELAY_PORT: String(port) } } }))
      const main = join(of.folder, 'card-relay/start.sh')
      const watcher = join(of.folder, 'dev/src/exit-with-parent.ts')
      const process = await ground.start(ground.rename({ ...plan, main, watcher }, unique(`card-relay, ${of.name}`)))
      relay = { process, port }
      cards.lead(port)
      if (earlier === null) return
      await cards.untilLeft(earlier.port)
      await earlier.process.kill('SIGTERM')
    }
    if (options.withRelay) await replaceRelay(version)

    const merchant = await ground.setUpMerchant(addresses)
    receiver.useSecret(merchant.webhook_secret)
    const { relay: relayUrl, psp: pspPages, psp_api: pspApi } = addresses
    return {
      merchant,
      addresses: { front: front.url, api: front.url, relay: relayUrl, pspPages, pspApi },
      database: ground.openPool(ownerUrl),
      receiver,
      services,
      startService,
      replaceRelay,
    }
  })
}
