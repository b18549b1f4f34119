import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { pathInRepository } from '../managed-process.ts'

/** What opens a connection, or waits for one. */
const networkModules = new Set([
  'undici',
  'pg',
  'node:http',
  'node:https',
  'node:http2',
  'node:net',
  'node:tls',
  'node:dgram',
  '@opentelemetry/exporter-trace-otlp-http',
])
const networkGlobals = new Set(['fetch', 'WebSocket', 'EventSource'])

/** The processes of a deployment: what shows pages in development is none. */
const deployed = ['payment-service', 'card-relay'] as const

/** Why each file of a deployment may touch the network, and with whom it talks. */
export const networkCode: Readonly<Record<string, string>> = {
  'card-relay/src/payment-service.ts': 'out: the payment service’s internal socket',
  'card-relay/src/psp-client.ts': 'out: the PSPs of RELAY_PSP_ORIGINS',
  'card-relay/src/psp-connection.ts': 'out: the TLS connections to them',
  'card-relay/src/caller.ts': 'in: reads the client’s certificate',
  'card-relay/src/config.ts': 'none: checks certificates and address ranges at the start',
  'card-relay/src/peers.ts': 'none: reads addresses',
  'card-relay/src/rinse.ts': 'in and out: zeros, to itself, on a loopback port that is open for milliseconds',
  'card-relay/src/server.ts': 'in: merchants’ raw-card charges',
  'payment-service/src/cli/doctor/probe.ts':
    'out: the doors of a deployment, without a secret, from an operator’s terminal',
  'payment-service/src/cli/forward-event.ts': 'out: a developer’s own server, with test events',
  'payment-service/src/cli/http-client.ts': 'out: the admin API and the API, from an operator’s terminal',
  'payment-service/src/observability/export-spans.ts': 'out: the receiver of TRACES_ENDPOINT, with spans',
  'payment-service/src/encryption/kms-client.ts': 'out: AWS KMS, where it wraps the data keys',
  'payment-service/src/psp-gateway/send.ts': 'out: the PSPs of the merchants’ accounts',
  'payment-service/src/server/broken-message.ts': 'none: answers on connections that came in',
  'payment-service/src/server/rinse.ts':
    'in and out: zeros, to itself, on a loopback port that is open for milliseconds',
  'payment-service/src/server/server.ts': 'in: all listeners of the payment service; reads addresses',
  'payment-service/src/start-checks.ts': 'out: PostgreSQL, when the service starts',
  'payment-service/src/store/sign-token.ts': 'out: where AWS gives a task its role’s credentials; signs offline',
  'payment-service/src/store/directory.ts': 'out: PostgreSQL, for NOTIFY',
  'payment-service/src/store/follow-writer.ts': 'out: PostgreSQL, to ask where its address leads now',
  'payment-service/src/store/migrate.ts': 'out: PostgreSQL, as the owner, when the service starts',
  'payment-service/src/store/pool.ts': 'out: PostgreSQL',
  'payment-service/src/webhook-addresses/address-guard.ts': 'none: reads addresses',
  'payment-service/src/webhooks/outbox/send-webhook.ts': 'out: merchants’ webhook addresses',
}

/** The files that can reach the network, found by what they import and call. The servers of Fastify listen in main. */
export function findNetworkCode(): string[] {
  const files = globSync(
    deployed.map((name) => `${name}/src/**/*.ts`),
    { cwd: pathInRepository('') },
  )
  return files
    .filter((file) => !/\.test\.ts$|\/testing\/|\/browser\/|\/conformance/.test(file))
    .filter((file) => usesNetwork(readFileSync(pathInRepository(file), 'utf8')))
    .sort()
}

function usesNetwork(text: string): boolean {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest)
  const imports = source.statements.filter((statement) => ts.isImportDeclaration(statement) && !isTypeOnly(statement))
  const names = imports.map((statement) => {
    const { moduleSpecifier } = statement as ts.ImportDeclaration
    return ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ''
  })
  const isSdk = (name: string) => name.startsWith('@aws-sdk/')
  return names.some((name) => networkModules.has(name) || isSdk(name)) || namesGlobal(source) || importsSdk(text)
}

/** The AWS SDK by `import()`: the image's bundle would not know its names, but the data flow would. */
function importsSdk(text: string): boolean {
  return /\bimport\('@aws-sdk\//.test(text)
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const { name, namedBindings } = importClause
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.every((element) => element.isTypeOnly)
}

/** True when a global that connects is called or made, in any way of naming it. */
function namesGlobal(node: ts.Node): boolean {
  const isCall = ts.isCallExpression(node) || ts.isNewExpression(node)
  if (isCall && ts.isIdentifier(node.expression) && networkGlobals.has(node.expression.text)) return true
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'globalThis')
    return true
  return ts.forEachChild(node, (child) => namesGlobal(child) || undefined) ?? false
}
