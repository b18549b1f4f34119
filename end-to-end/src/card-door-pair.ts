import { readFileSync } from 'node:fs'
import type { Config as RelayConfig } from '@fincore/card-relay/config'
import { type Relay, startRelay } from '@fincore/card-relay/server'
import { chooseFreePorts } from '@fincore/dev/addresses'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
  issueCertificate,
  readAuthority,
} from '@fincore/dev/certificates'
import { addressesOf, type PlanInput, planPaymentService } from '@fincore/dev/process-plans'
import { createTestDatabase } from '@fincore/dev/test-database'
import type pg from 'pg'
import { buildOnGround, type DrillGround } from './drill-ground.ts'
import type { OperatorsWorld } from './merchants.ts'
import { shareAmongFiles } from './shared.ts'

/**
 * The payment service as a process of its own, as the launcher starts it, on a database of its own, and relays in this
 * process, whose counters a test can read. No PSP: what is admitted ends with `psp_account_missing`.
 */
export type CardDoorPair = DrillGround &
  OperatorsWorld & {
    /** What the launcher would start further processes with. */
    input: PlanInput
    /** The process id of the payment service. */
    paymentServicePid: number
    /** As the owner of the tables. */
    database: pg.Pool
    authority: CertificateAuthority
    /** What a grant of `makeMerchant` lists unless it is told otherwise. */
    registered: IssuedCertificate
    startRelay(change?: Partial<RelayConfig>): Promise<Relay>
  }

export function startCardDoorPair(): Promise<CardDoorPair> {
  return buildOnGround('card-door', async (ground) => {
    const { certificates, secrets } = ground
    const { ownerUrl, appUrl, drop } = await createTestDatabase()
    ground.keep({ close: drop })
    const ports = await chooseFreePorts()
    const input = ground.planWith(ports, { ownerUrl, appUrl })
    const paymentService = await ground.start(planPaymentService(input))
    const { admin, internal, api } = addressesOf(ports)
    const read = (path: string) => readFileSync(path, 'utf8')
    const authority = readAuthority(certificates.ca)
    const registered = await issueCertificate(authority, { kind: 'client', commonName: 'a merchant' })
    return {
      input,
      paymentServicePid: paymentService.pid,
      database: ground.openPool(ownerUrl),
      authority,
      registered,
      fincore: {
        dev: {
          admin,
          operators: secrets.operators,
          raw_card_grant: { certificate_fingerprint: registered.fingerprint },
        },
      },
      startRelay: async (change = {}) =>
        ground.keep(
          await startRelay(
            {
              host: '127.0.0.1',
              port: 0,
              tlsCert: read(certificates.serverCert),
              tlsKey: read(certificates.serverKey),
              clientCa: authority.certificate,
              trustedProxies: undefined,
              paymentServiceUrl: internal,
              internalToken: secrets.internal_token,
              pspOrigins: ['https://psp.example'],
              pspCa: undefined,
              docsUrl: `${api}/docs`,
              ...change,
            },
            () => {},
          ),
        ),
    }
  })
}

/** One for all test files of a process, each with merchants and relays of its own. */
export const shareCardDoorPair = shareAmongFiles(
  startCardDoorPair,
  async () => undefined,
  (pair) => pair.stop(),
)

/** Client certificates of every kind that must not get in, beside the registered one. */
export async function issueBadCertificates(pair: CardDoorPair) {
  const client = { kind: 'client', commonName: 'a merchant' } as const
  const dayMs = 24 * 60 * 60 * 1000
  const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) }
  return {
    ofAnotherAuthority: await issueCertificate(await createCertificateAuthority(), client),
    expired: await issueCertificate(pair.authority, { ...client, ...past }),
    unregistered: await issueCertificate(pair.authority, client),
    ofAnotherMerchant: await issueCertificate(pair.authority, client),
  }
}
