import { join } from 'node:path'
import type { Ports } from './addresses.ts'
import type { DevelopmentCertificates } from './certificates.ts'
import type { Merchant, Secrets } from './dev-file.ts'
import { type ProcessPlan, pathInRepository } from './managed-process.ts'
import type { DevPsp } from './psps/dev-psp.ts'
import { sandbox } from './psps/sandbox.ts'

export const processNames = ['psp', 'payment-service', 'card-relay', 'demo-shop'] as const
export type ProcessName = (typeof processNames)[number]

/** Further settings, or other values for the settings below, for one process. */
export type EnvOverrides = Partial<Record<ProcessName, Record<string, string>>>

export type Addresses = {
  api: string
  relay: string
  admin: string
  internal: string
  management: string
  psp: string
  psp_api: string
  shop: string
}

export function addressesOf(ports: Ports): Addresses {
  return {
    api: `http://127.0.0.1:${ports.api}`,
    relay: `https://127.0.0.1:${ports.relay}`,
    admin: `http://127.0.0.1:${ports.admin}`,
    internal: `http://127.0.0.1:${ports.internal}`,
    management: `http://127.0.0.1:${ports.management}`,
    psp: `http://127.0.0.1:${ports.pspPages}`,
    psp_api: `https://127.0.0.1:${ports.pspApi}`,
    shop: `http://127.0.0.1:${ports.shop}`,
  }
}

export type PlanInput = {
  dataDir: string
  ports: Ports
  certificates: DevelopmentCertificates
  secrets: Secrets
  ownerUrl: string
  appUrl: string
  overrides: EnvOverrides
}

function planOf(
  input: PlanInput,
  name: ProcessName,
  env: Record<string, string>,
  { logName, main }: { logName: string; main: string } = { logName: name, main: `${name}/src/main.ts` },
): ProcessPlan {
  return {
    name: logName,
    main: pathInRepository(main),
    env: { ...env, ...input.overrides[name] },
    logFile: join(input.dataDir, 'logs', `${logName}.log`),
  }
}

/** @param psp the sandbox, or the stand-in of another PSP, on the same ports. */
export function planPsp(input: PlanInput, { process }: DevPsp = sandbox): ProcessPlan {
  return planOf(input, 'psp', process.settings(input), { logName: process.name, main: process.main })
}

/** From the source; a test run starts it more than fifty times, and makes the program of it that the image has. */
export function planPaymentService(input: PlanInput): ProcessPlan {
  const addresses = addressesOf(input.ports)
  const main = process.env.TEST_PAYMENT_SERVICE ?? 'payment-service/src/main.ts'
  const settings = {
    ENVIRONMENT: 'sandbox',
    ROLES: 'api,worker,admin',
    API_PORT: String(input.ports.api),
    ADMIN_PORT: String(input.ports.admin),
    INTERNAL_PORT: String(input.ports.internal),
    MANAGEMENT_PORT: String(input.ports.management),
    PUBLIC_URL: addresses.api,
    RELAY_URL: addresses.relay,
    DATABASE_URL: input.appUrl,
    MIGRATIONS_DATABASE_URL: input.ownerUrl,
    ENCRYPTION_KEY: input.secrets.encryption_key,
    INTERNAL_TOKEN: input.secrets.internal_token,
    EXTRA_CA_FILE: input.certificates.ca,
    ALLOW_LOOPBACK_WEBHOOKS: 'true',
    BOOTSTRAP_OPERATORS: JSON.stringify(input.secrets.operators),
  }
  return planOf(input, 'payment-service', settings, { logName: 'payment-service', main })
}

export function planCardRelay(input: PlanInput): ProcessPlan {
  const addresses = addressesOf(input.ports)
  return planOf(
    input,
    'card-relay',
    {
      RELAY_PORT: String(input.ports.relay),
      RELAY_TLS_CERT_FILE: input.certificates.serverCert,
      RELAY_TLS_KEY_FILE: input.certificates.serverKey,
      RELAY_CLIENT_CA_FILE: input.certificates.ca,
      RELAY_PAYMENT_SERVICE_URL: addresses.internal,
      RELAY_INTERNAL_TOKEN: input.secrets.internal_token,
      RELAY_PSP_ORIGINS: addresses.psp_api,
      RELAY_PSP_CA_FILE: input.certificates.ca,
      RELAY_DOCS_URL: `${addresses.api}/docs`,
    },
    { logName: 'card-relay', main: 'card-relay/start.sh' },
  )
}

export function planDemoShop(input: PlanInput, merchant: Merchant): ProcessPlan {
  const addresses = addressesOf(input.ports)
  return planOf(input, 'demo-shop', {
    SHOP_PORT: String(input.ports.shop),
    SHOP_PUBLIC_URL: addresses.shop,
    FINCORE_API_URL: addresses.api,
    FINCORE_RELAY_URL: addresses.relay,
    FINCORE_SECRET_KEY: merchant.secret_key,
    FINCORE_PUBLISHABLE_KEY: merchant.publishable_key,
    FINCORE_WEBHOOK_SECRET: merchant.webhook_secret,
    RELAY_CA_FILE: input.certificates.ca,
    RELAY_CLIENT_CERT_FILE: input.certificates.clientCert,
    RELAY_CLIENT_KEY_FILE: input.certificates.clientKey,
    SHOP_DATA_DIR: join(input.dataDir, 'demo-shop'),
  })
}
