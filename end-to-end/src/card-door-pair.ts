import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config as RelayConfig } from '@fincore/card-relay/config'
import { type Relay, startRelay } from '@fincore/card-relay/server'
import { chooseFreePorts } from '@fincore/dev/addresses'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  ensureDevelopmentCertificates,
  type IssuedCertificate,
  issueCertificate,
  readAuthority,
} from '@fincore/dev/certificates'
import { loadOrCreateSecrets } from '@fincore/dev/dev-file'
import { createHttpClient } from '@fincore/dev/http-client'
import { startManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, type PlanInput, planPaymentService } from '@fincore/dev/process-plans'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import type { OperatorsWorld } from './merchants.ts'
import { shareAmongFiles } from './shared.ts'

/**
 * The payment service as a process of its own, as the launcher starts it, on a database of its own, and relays in this
 * process, whose counters a test can read. No PSP: what is admitted ends with `psp_account_missing`.
 */
export type CardDoorPair = OperatorsWorld & {
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
  close(): Promise<void>
}

export async function startCardDoorPair(): Promise<CardDoorPair> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-card-door-'))
  mkdirSync(join(dataDir, 'logs'))
  const database = await createTestDatabase()
  const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
  const secrets = loadOrCreateSecrets(dataDir)
  const ports = await chooseFreePorts()
  const input: PlanInput = {
    dataDir,
    ports,
    certificates,
    secrets,
    ownerUrl: database.ownerUrl,
    appUrl: database.appUrl,
    overrides: {},
  }
  const paymentService = await startManagedProcess(planPaymentService(input), () => undefined)
  const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 })
  owner.on('error', () => {})
  const http = createHttpClient()
  const { admin, internal, api } = addressesOf(ports)
  const read = (path: string) => readFileSync(path, 'utf8')
  const authority = readAuthority(certificates.ca)
  const registered = await issueCertificate(authority, { kind: 'client', commonName: 'a merchant' })
  const relays: Relay[] = []
  return {
    input,
    paymentServicePid: paymentService.pid,
    database: owner,
    authority,
    registered,
    http,
    fincore: {
      dev: {
        admin,
        operators: secrets.operators,
        raw_card_grant: { certificate_fingerprint: registered.fingerprint },
      },
    },
    async startRelay(change = {}) {
      const relay = await startRelay(
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
      )
      relays.push(relay)
      return relay
    },
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()))
      await paymentService.stop()
      await http.close()
      await owner.end()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** One for all test files of a process, each with merchants and relays of its own. */
export const shareCardDoorPair = shareAmongFiles(
  startCardDoorPair,
  async () => undefined,
  (pair) => pair.close(),
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
