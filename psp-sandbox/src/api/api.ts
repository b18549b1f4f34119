import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Psp } from '../psp.ts'
import type { HeldConnections } from './faults.ts'
import type { RunningKeys } from './idempotency.ts'

export type ApiApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What the API's routes work with besides the PSP itself. */
export type Api = {
  psp: Psp
  adminToken: string
  running: RunningKeys
  held: HeldConnections
}
