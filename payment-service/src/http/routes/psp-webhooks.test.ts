import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { newId } from '../../ids.ts'
import { type ApiWorld, createApiWorld } from '../../webhooks/testing/api-world.ts'

describe('the door for PSPs, before it reads a body', () => {
  let world: ApiWorld
  let account: string
  before(async () => {
    world = await createApiWorld()
    account = await world.addPspAccount(await world.addMerchant(), { webhook_secret: 'whsec_sandbox_0123456789abcdef' })
    await world.app.listen({ host: '127.0.0.1', port: 0 })
  })
  after(() => world.close())

  /** The first line that is answered to headers alone: the body that they announce never comes. */
  async function announce(to: string, bytes: number): Promise<string> {
    const socket = connect((world.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /v1/psp_webhooks/${to} HTTP/1.1\r\nHost: pay\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`,
    )
    const [chunk] = await once(socket, 'data')
    socket.destroy()
    return String(chunk).split('\r\n')[0] ?? ''
  }

  it('turns away who names no account, or announces more than an adapter reads', { timeout: 5_000 }, async () => {
    assert.equal(await announce(newId('pspAccount'), 1_000), 'HTTP/1.1 404 Not Found')
    assert.equal(await announce('%00', 1_000), 'HTTP/1.1 404 Not Found')
    assert.equal(await announce(account, 262_145), 'HTTP/1.1 413 Payload Too Large')
    const response = await world.app.inject({
      method: 'POST',
      url: `/v1/psp_webhooks/${account}`,
      headers: { 'content-type': 'text/plain' },
      payload: ' '.repeat(262_144),
    })
    assert.equal(response.statusCode, 400, 'as large as an adapter reads is read, and found unsigned')
  })

  it('asks the database for a bounded number of invented accounts of one address, and hears real ones', async () => {
    const send = (to: string) =>
      world.app.inject({ method: 'POST', url: `/v1/psp_webhooks/${to}`, remoteAddress: '198.51.100.7' })
    let lookUps = 0
    const { findPspAccount } = world.deps.directory
    world.deps.directory.findPspAccount = async (id) => {
      lookUps++
      return id === account ? findPspAccount(id) : null
    }
    await send(account)
    let status = 0
    for (let tries = 0; tries < 1_250; tries++) status = (await send(newId('pspAccount'))).statusCode
    assert.equal(status, 429)
    assert.ok(lookUps <= 1_201, `${lookUps} look-ups`)
    assert.equal((await send(account)).statusCode, 400)
    world.deps.directory.findPspAccount = findPspAccount
  })
})
