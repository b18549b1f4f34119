import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns'
import { once } from 'node:events'
import ipaddr from 'ipaddr.js'

/** What a name has: addresses of both families, directly or through a CNAME. */
export type DnsAnswer = { addresses: readonly string[]; through?: 'CNAME' }
export type DnsStub = {
  /** Asks this server, and no other. */
  resolver: Resolver
  /** The names that were asked for. */
  asked: string[]
  close(): Promise<void>
}

const types = { A: 1, CNAME: 5, AAAA: 28 } as const

/** A DNS server on loopback, as far as a resolver of addresses needs one (RFC 1035). */
export async function startDnsStub(answerFor: (name: string) => DnsAnswer): Promise<DnsStub> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query)
    asked.push(name)
    const { addresses, through } = answerFor(name)
    const wanted = addresses
      .map((text) => ipaddr.parse(text))
      .filter((one) => types[one.kind() === 'ipv4' ? 'A' : 'AAAA'] === type)
    const alias = `alias-of.${name}`
    const owner = through === undefined ? name : alias
    const records = wanted.map((one) => record(owner, type, Buffer.from(one.toByteArray())))
    if (through !== undefined) records.unshift(record(name, types.CNAME, writeName(alias)))
    const header = Buffer.from(query.subarray(0, 12))
    // An answer, recursion available, no error; one question, so many answers, nothing else.
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(records.length, 6)
    header.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return {
    resolver,
    asked,
    async close() {
      resolver.cancel()
      socket.close()
      await once(socket, 'close')
    },
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function writeName(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

/** Class IN, kept for no time. */
function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([writeName(name), fixed, data])
}
