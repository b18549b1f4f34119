/** The programs that read a secret, as the settings of their tasks. */
export type Reader = 'api' | 'worker' | 'admin' | 'relay' | 'auditExport' | 'command' | 'migrations'

export type SecretRow = {
  /** The last part of its name, after `fincore/ENVIRONMENT/`. */
  name: string
  setting: string
  readers: readonly Reader[]
  holds: string
  /** After how many days operators are reminded to change it; null when it ends by itself or need not change. */
  days: number | null
  /** What makes a first value, in a shell; its output is the value. */
  make: string
  rotation: string
}

const payment = ['api', 'worker', 'admin', 'auditExport', 'command', 'migrations'] as const

/**
 * Every secret that a program reads. No template makes them: a value in a template is one that people can read there, and one
 * that CloudFormation makes up is changed by nobody. The command that makes each one, and the names of those that read it, are
 * taken from here.
 */
export const secretsTable = {
  internalToken: {
    name: 'internal-token',
    setting: 'INTERNAL_TOKEN',
    readers: ['api', 'worker', 'admin', 'command'],
    holds: 'what the payment service takes from the card relay; two while it is changed, separated by a comma',
    days: 90,
    make: 'openssl rand -hex 32',
    rotation: 'in three steps, below',
  },
  relayInternalToken: {
    name: 'relay-internal-token',
    setting: 'RELAY_INTERNAL_TOKEN',
    readers: ['relay'],
    holds:
      'the same token, as the card relay sends it: a secret of its own, so that the relay reads nothing of the others’',
    days: 90,
    make: 'aws secretsmanager get-secret-value --secret-id "$prefix/internal-token" --query SecretString --output text',
    rotation: 'with the one above',
  },
  bootstrapOperators: {
    name: 'bootstrap-operators',
    setting: 'BOOTSTRAP_OPERATORS',
    readers: ['admin'],
    holds: 'names and tokens of the first two operators, as JSON',
    days: null,
    make: `printf '[{"name":"alice","token":"%s"},{"name":"bob","token":"%s"}]' "$(openssl rand -hex 32)" "$(openssl rand -hex 32)"`,
    rotation: 'once both have a token of their own, the secret is emptied to []',
  },
  relayTlsCert: {
    name: 'relay-tls-cert',
    setting: 'RELAY_TLS_CERT',
    readers: ['relay'],
    holds: 'the certificate with which the relay answers its load balancer, PEM',
    days: null,
    make: 'cat relay-cert.pem',
    rotation: 'with its key, before it ends: below',
  },
  relayTlsKey: {
    name: 'relay-tls-key',
    setting: 'RELAY_TLS_KEY',
    readers: ['relay'],
    holds: 'that certificate’s key, PEM',
    days: 365,
    make: 'cat relay-key.pem',
    rotation: 'below',
  },
  databaseCa: {
    name: 'database-ca',
    setting: 'DATABASE_CA',
    readers: payment,
    holds: 'the authorities of the database’s certificate in this region, PEM. No secret; kept here because it is long',
    days: null,
    make: 'curl -fsS "https://truststore.pki.rds.amazonaws.com/$AWS_REGION/$AWS_REGION-bundle.pem"',
    rotation: 'when Amazon announces new authorities',
  },
} as const satisfies Record<string, SecretRow>

export type SecretKey = keyof typeof secretsTable
