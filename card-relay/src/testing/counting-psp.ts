import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import type { KeyAndCertificate } from './certificates.ts'

/**
 * A PSP that answers nothing and counts what reaches it: `text` is what TLS protected, as its server reads it, and
 * `protectedBytes` what came over TCP in records of protected data, which is the end of a TLS 1.3 handshake, alerts and
 * requests. Without a certificate it listens for plain HTTP, and then everything counts.
 */
export async function startCountingPsp(own: KeyAndCertificate | null, options: tls.SecureContextOptions = {}) {
  const count = { connections: 0, text: '', protectedBytes: 0 }
  const sockets = new Set<net.Socket>()
  const keep = (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    return socket
  }
  const readText = (socket: net.Socket) =>
    socket.on('data', (data) => {
      count.text += data.toString('latin1')
    })

  const inner =
    own && tls.createServer({ cert: own.cert, key: own.key, ...options }, (socket) => readText(keep(socket)))
  inner?.on('tlsClientError', () => undefined)
  if (inner) await once(inner.listen(0, '127.0.0.1'), 'listening')
  // TCP comes in here, where it is counted, and goes on to the TLS server.
  const outer = net.createServer((socket) => {
    count.connections += 1
    keep(socket)
    if (inner === null) {
      readText(socket).on('data', (data) => {
        count.protectedBytes += data.length
      })
      return
    }
    const onward = keep(net.connect((inner.address() as AddressInfo).port, '127.0.0.1'))
    const received: Buffer[] = []
    socket.on('data', (data) => received.push(data))
    socket.pipe(onward).pipe(socket)
    socket.once('close', () => {
      onward.destroy()
      count.protectedBytes += sumProtected(Buffer.concat(received))
    })
  })
  await once(outer.listen(0, '127.0.0.1'), 'listening')

  /** Waits until every connection is closed, and so counted. */
  const settle = async () => {
    for (let waits = 0; sockets.size > 0; waits++) {
      assert.ok(waits < 500, 'a connection stays open')
      await sleep(10)
    }
  }
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    for (const server of [outer, inner]) if (server) await new Promise((resolve) => server.close(resolve))
  }
  return {
    settle,
    origin: `${own ? 'https' : 'http'}://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    count,
    stop,
  }
}

/** RFC 8446 §5.1: a record is its type, two bytes of version and two of length; type 23 is protected data. */
function sumProtected(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 3)
    if (bytes[at] === 23) sum += length
    at += 5 + length
  }
  return sum
}
