import { Event, eventObjects } from '@fincore/api-contract/answers'
import { eventTypes } from '@fincore/api-contract/events'
import { CreateCardCharge } from '@fincore/api-contract/requests'
import { Charge } from '@fincore/api-contract/resources'
import type { RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'
import type { Config } from '../config.ts'
import type { App } from '../server/server.ts'
import {
  type DescribedRoute,
  describeAnswer,
  describeBody,
  describeOperation,
  idempotencyKeyParameter,
  type Operation,
} from './openapi-operation.ts'
import { describeRefusals } from './openapi-refusals.ts'
import { describeSchemas, schemaOf } from './openapi-schemas.ts'
import { relayRefusals } from './relay-refusals.ts'
import { tags } from './route-docs.ts'

/** The paths of the document, by path and method. */
export type Paths = Record<string, Record<string, Operation>>
export type OpenApi = {
  openapi: string
  servers: { url: string; description: string }[]
  paths: Paths
} & Record<string, unknown>

type Addresses = Pick<Config, 'publicUrl' | 'relayUrl'>

/**
 * `/v1/openapi.json`, made from the routes and from the very schemas that validate. To be called before the routes are
 * registered. A route for merchants that does not describe itself stops the start.
 *
 * @returns the document; to be asked for once every route is there.
 */
export function registerOpenApi(app: App, addresses: Addresses): () => OpenApi {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', (options) => {
    // Fastify answers HEAD wherever it answers GET.
    for (const method of [options.method].flat()) {
      const route = method === 'HEAD' ? null : readRoute(method, options)
      if (route !== null) routes.push(route)
    }
  })
  let document: OpenApi | undefined
  let text = ''
  const describe = () => {
    document ??= describeApi(addresses, routes)
    return document
  }
  app.get('/v1/openapi.json', { config: { access: { by: 'anyone' } } }, async (_request, reply) => {
    text ||= JSON.stringify(describe())
    return reply.header('access-control-allow-origin', '*').type('application/json; charset=utf-8').send(text)
  })
  return describe
}

/** What a merchant can call; null for what shoppers' browsers and PSPs call, which is no part of the merchant's API. */
function readRoute(method: string, { url, config, schema }: RouteOptions): DescribedRoute | null {
  const access = config?.access
  if (access === undefined || access.by === 'anyone' || access.by === 'operator') return null
  if (schema?.docs === undefined) throw new Error(`${method} ${url} does not describe itself`)
  const body = schema.body as TSchema | undefined
  return { method, url, access, idempotent: config?.idempotent === true, body, docs: schema.docs }
}

function describeApi(addresses: Addresses, routes: readonly DescribedRoute[]): OpenApi {
  const paths: Paths = {}
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route) }
  }
  // A path of its own, because `/v1/charges` is taken and a path has one POST: the server's address has the `/v1`.
  paths['/charges'] = { post: describeCardRelay(addresses.relayUrl) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'FinCore',
      version: '1',
      description: `Payments through your own PSP accounts: hosted, by token, or server-to-server. Explained at ${addresses.publicUrl}/docs.`,
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: addresses.publicUrl, description: 'The API.' }],
    externalDocs: { description: 'Guides, errors and events', url: `${addresses.publicUrl}/docs` },
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: Object.fromEntries(Object.keys(eventTypes).map((type) => [type, { post: describeWebhook(type) }])),
    components: { schemas: describeSchemas(), securitySchemes },
  }
}

const securitySchemes = {
  secret_key: { type: 'http', scheme: 'bearer', description: 'Your secret key, `sk_…`. Only from your server.' },
  publishable_key: {
    type: 'http',
    scheme: 'bearer',
    description: 'Your publishable key, `pk_…`. May stand in a web page.',
  },
  client_certificate: { type: 'mutualTLS', description: 'The client certificate that your raw-card grant lists.' },
} as const

function describeCardRelay(relayUrl: string): Operation {
  return {
    operationId: 'createCardCharge',
    summary: 'Charge a card, at the card relay',
    description:
      'Server-to-server, for merchants with a raw-card grant. The answer is the same charge; everything else about it is asked at the API. The key needs the scope `charges:raw_card`.',
    tags: ['Charges'],
    servers: [{ url: `${relayUrl}/v1`, description: 'The card relay, which takes this request and nothing else.' }],
    security: [{ secret_key: [], client_certificate: [] }],
    parameters: [idempotencyKeyParameter],
    requestBody: describeBody(CreateCardCharge),
    responses: { ...describeAnswer({ status: 201, schema: Charge }, true), ...describeRefusals(relayRefusals) },
  }
}

function describeWebhook(type: string): object {
  const { object, meaning, action } = eventTypes[type as keyof typeof eventTypes]
  const header = (name: string, description: string, schema: object) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string', ...schema },
  })
  const ofThisType = {
    type: 'object',
    properties: {
      type: { type: 'string', const: type },
      data: { type: 'object', properties: { object: schemaOf(eventObjects[object]) } },
    },
  }
  return {
    operationId: `on_${type.replaceAll('.', '_')}`,
    summary: meaning,
    description: action,
    tags: ['Events'],
    parameters: [
      header('webhook-id', 'The event’s id, the same in every try.', {
        pattern: '^evt_[0-9a-hjkmnp-tv-z]{26}$',
        examples: ['evt_01kx7p2z3r8v9w0a1b2c3d4e5f'],
      }),
      header('webhook-timestamp', 'When this try was signed, in seconds since 1970.', {
        pattern: '^[0-9]{10,12}$',
        examples: ['1795435200'],
      }),
      header(
        'webhook-signature',
        '`v1,` and an HMAC-SHA256 in base64, as Standard Webhooks has it; during a rotation, two.',
        { maxLength: 256, examples: ['v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='] },
      ),
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { allOf: [schemaOf(Event), ofThisType] } } },
    },
    security: [],
    responses: { '2XX': { description: 'Received. Anything else, or nothing within 15 s, is sent again.' } },
  }
}
