import { type PortName, portsFrom, portTable } from '../addresses.ts'
import {
  type PlanInput,
  type ProcessName,
  planCardRelay,
  planDemoShop,
  planPaymentService,
  planPsp,
} from '../process-plans.ts'

/** Who is outside of FinCore. */
export const outsiders = {
  shopper: 'the shopper’s browser',
  merchant: 'the merchant’s server',
  psp: 'the PSP',
  operator: 'an operator',
  watcher: 'the load balancer and Prometheus',
  kms: 'AWS KMS, where it wraps the keys',
} as const
export type Party = keyof typeof outsiders | Exclude<ProcessName, 'psp' | 'demo-shop'> | 'PostgreSQL'

/** What a connection carries of a card. */
export type CardData = 'none' | 'facts' | 'card'
export const cardDataWords: Record<CardData, string> = {
  none: 'nothing',
  facts: 'brand, first six, last four, expiry',
  card: '**number and security code**',
}

type Flow = { from: Party; to: Party; what: string; protocol: string; card: CardData }

/** The ports of FinCore, and who comes there. A port without a row does not compile. */
export const comers: Record<Exclude<PortName, 'pspPages' | 'pspApi' | 'shop'>, readonly Flow[]> = {
  api: [
    {
      from: 'merchant',
      to: 'payment-service',
      what: 'charges with tokens, sessions, refunds',
      protocol: 'HTTPS, secret key',
      card: 'facts',
    },
    {
      from: 'shopper',
      to: 'payment-service',
      what: 'the payment link, client_config',
      protocol: 'HTTPS',
      card: 'none',
    },
    { from: 'psp', to: 'payment-service', what: 'webhooks', protocol: 'HTTPS, signature', card: 'facts' },
  ],
  relay: [
    {
      from: 'merchant',
      to: 'card-relay',
      what: 'raw-card charges',
      protocol: 'TLS 1.2 or 1.3, client certificate, secret key, raw-card grant',
      card: 'card',
    },
  ],
  admin: [
    {
      from: 'operator',
      to: 'payment-service',
      what: 'the admin API',
      protocol: 'HTTPS, operator’s token',
      card: 'none',
    },
  ],
  internal: [
    {
      from: 'card-relay',
      to: 'payment-service',
      what: 'admission, charges without their card, reports',
      protocol: 'HTTP inside the private network, token',
      card: 'facts',
    },
  ],
  management: [
    {
      from: 'watcher',
      to: 'payment-service',
      what: 'health, metrics',
      protocol: 'HTTP inside the private network',
      card: 'none',
    },
  ],
  postgres: [
    {
      from: 'payment-service',
      to: 'PostgreSQL',
      what: 'all that is kept',
      protocol: 'PostgreSQL, TLS by DATABASE_CA, or by the URL’s sslmode',
      card: 'facts',
    },
  ],
}

/** The ways out. */
export const outgoing: readonly Flow[] = [
  {
    from: 'card-relay',
    to: 'psp',
    what: 'authorizations with a card, to the origins of RELAY_PSP_ORIGINS alone',
    protocol: 'TLS 1.2 or 1.3',
    card: 'card',
  },
  {
    from: 'payment-service',
    to: 'psp',
    what: 'tokens, captures, refunds, look-ups, lists of movements, questions about an account',
    protocol: 'TLS',
    card: 'none',
  },
  {
    from: 'payment-service',
    to: 'merchant',
    what: 'signed webhooks, to public addresses alone',
    protocol: 'HTTPS',
    card: 'facts',
  },
  {
    from: 'payment-service',
    to: 'operator',
    what: 'spans of traces, to TRACES_ENDPOINT where it is set: ids, words, numbers',
    protocol: 'HTTP or TLS, by the setting',
    card: 'none',
  },
  {
    from: 'payment-service',
    to: 'kms',
    what: 'data keys to wrap and to unwrap, at a start and in a rotation',
    protocol: 'HTTPS, signed by the task’s role',
    card: 'none',
  },
]

/** What never passes FinCore, and so needs no port. */
export const beside: readonly Flow[] = [
  {
    from: 'shopper',
    to: 'psp',
    what: 'the hosted page, or the card fields in the merchant’s page',
    protocol: 'HTTPS',
    card: 'card',
  },
  {
    from: 'shopper',
    to: 'merchant',
    what: 'the shop; with a card in the server-to-server flow alone',
    protocol: 'HTTPS',
    card: 'card',
  },
]

/** What each address in a process’s settings is: a connection of the diagram, or only told to others. */
export const settings: Readonly<Record<string, 'connection' | 'told'>> = {
  'payment-service DATABASE_URL': 'connection',
  'payment-service MIGRATIONS_DATABASE_URL': 'connection',
  'payment-service PUBLIC_URL': 'told',
  'payment-service RELAY_URL': 'told',
  'card-relay RELAY_PAYMENT_SERVICE_URL': 'connection',
  'card-relay RELAY_PSP_ORIGINS': 'connection',
  'card-relay RELAY_DOCS_URL': 'told',
  'demo-shop SHOP_PUBLIC_URL': 'told',
  'demo-shop FINCORE_API_URL': 'connection',
  'demo-shop FINCORE_RELAY_URL': 'connection',
}

/** An address found in the settings of a process, and the port of ours that it names. */
export type FoundAddress = { setting: string; port: PortName }

/** Every address in the settings by which the launcher starts the processes. */
export function findAddresses(): FoundAddress[] {
  const ports = portsFrom(4000)
  const names = Object.keys(portTable) as PortName[]
  const plans = [planPsp(sample(ports)), planPaymentService(sample(ports)), planCardRelay(sample(ports))]
  const shop = planDemoShop(sample(ports), noMerchant)
  return [...plans, shop].flatMap(({ name, env }) =>
    Object.entries(env).flatMap(([setting, value]) =>
      names
        .filter((port) => value.includes('://') && value.includes(`:${ports[port]}`))
        .map((port) => ({ setting: `${name} ${setting}`, port })),
    ),
  )
}

const nobody = { name: '', token: '' }
const noMerchant = {
  merchant: '',
  secret_key: '',
  publishable_key: '',
  webhook_secret: '',
  psp_name: '',
  psp_account: '',
  psp_secret_key: '',
  psp_public_key: '',
  psp_keys: {},
  raw_card_grant: { id: '', certificate_fingerprint: '', valid_until: '' },
}

function sample(ports: PlanInput['ports']): PlanInput {
  const database = `postgres://127.0.0.1:${ports.postgres}/fincore`
  const file = 'file.pem'
  return {
    dataDir: '.fincore',
    ports,
    certificates: {
      ca: file,
      serverCert: file,
      serverKey: file,
      clientCert: file,
      clientKey: file,
      clientFingerprint: '',
    },
    secrets: { encryption_key: '', internal_token: '', psp_admin_token: '', operators: [nobody, nobody] },
    ownerUrl: database,
    appUrl: database,
    overrides: {},
  }
}
