import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { createLog } from '../log.ts'
import { OverloadedError } from '../store/batcher.ts'
import { toRefusal } from './problems.ts'

const request = { id: 'req_1', routeOptions: { url: '/v1/charges' } } as FastifyRequest
const withCode = (code: string) => Object.assign(new Error('of the database'), { code })

describe('an error that nobody expected', () => {
  const away: [string, Error][] = [
    ['the queue in front of the database is too long', new OverloadedError(5_000)],
    ['a statement got no answer', new Error('Query read timeout')],
    ['no connection was free in time', new Error('timeout exceeded when trying to connect')],
    ['the connection was lost', new Error('Connection terminated unexpectedly')],
    ['the database shuts down', withCode('57P01')],
    ['the database has no connection left', withCode('53300')],
    ['nobody listens there', withCode('ECONNREFUSED')],
    ['the server takes no writes, as after a failover', withCode('25006')],
    ['no standby is known to have the commit', withCode('unreplicated')],
  ]
  for (const [what, error] of away)
    it(`is answered with service_unavailable when ${what}`, () => {
      assert.equal(toRefusal(error, request, createLog('silent')).refused, 'service_unavailable')
    })

  it('is a fault of ours otherwise', () => {
    for (const error of [new TypeError('x is not a function'), withCode('23514'), 'text'])
      assert.equal(toRefusal(error, request, createLog('silent')).refused, 'internal_error')
  })
})
