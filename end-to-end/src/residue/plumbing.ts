import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DevFile } from '@fincore/dev/dev-file'
import { type RunningPostgres, startPostgres } from '@fincore/dev/embedded-postgres'
import type { Client } from './exits.ts'
import type { Findings, Sink } from './findings.ts'
import { makeLine } from './line.ts'
import { listenOnLoopback } from './listen.ts'
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts'
import type { Search } from './search.ts'
import { makeStreamSearch, type StreamSearch } from './stream-search.ts'

/** One subject's way to the outside, FinCore's or the control's: what goes by is searched as that subject's. */
export type Plumbing = {
  /** Between the relay and the payment service. */
  internal: RecordingProxy
  /** Between the payment service and PostgreSQL. */
  database: RecordingProxy
  /** An endpoint that takes every webhook. */
  webhookUrl: string
  webhooksReceived(): number
  /** As many clients, each with lines of its own whose answers are searched. */
  openClients(count: number, at: ClientsAt): Client[]
  /** Searches what has gone by and was not searched yet. */
  finish(): void
  close(): Promise<void>
}

export type ClientFiles = Pick<DevFile, 'ca' | 'client_cert' | 'client_key'>
export type ClientsAt = Pick<Client, 'key' | 'pspIsAsked'> & { relay: string; api: string; files: ClientFiles }

export async function startPlumbing(search: Search, findings: Findings): Promise<Plumbing> {
  const streams: StreamSearch[] = []
  const open = (sink: Sink) => {
    const stream = makeStreamSearch(search, findings, sink)
    streams.push(stream)
    return stream
  }
  const internal = await startRecordingProxy(() => open('relay ↔ payment service'))
  const database = await startRecordingProxy(() => open('payment service ↔ PostgreSQL'))
  let received = 0
  const receiver = createServer(async (request, response) => {
    const stream = open('webhooks as received')
    stream.take(Buffer.from(`${request.url} ${request.rawHeaders.join(' ')}\n`))
    for await (const chunk of request) stream.take(chunk)
    received += 1
    response.writeHead(204).end()
  })
  const receiverPort = await listenOnLoopback(receiver)
  const clients: Client[] = []
  return {
    internal,
    database,
    webhookUrl: `http://127.0.0.1:${receiverPort}/webhooks`,
    webhooksReceived: () => received,
    openClients(count, { relay, api, key, files, pspIsAsked }) {
      const ca = readFileSync(files.ca)
      const registered = { ca, cert: readFileSync(files.client_cert), key: readFileSync(files.client_key) }
      const line = (url: string, tls: typeof registered | { ca: Buffer } | null) => {
        const answers = open('API answers')
        return makeLine({ port: Number(new URL(url).port), tls, received: (chunk) => answers.take(chunk) })
      }
      for (let index = 0; index < count; index++) {
        clients.push({
          relay: line(relay, registered),
          relayAsStranger: line(relay, { ca }),
          api: line(api, null),
          key,
          pspIsAsked,
        })
      }
      return clients
    },
    finish: () => {
      for (const stream of streams) stream.finish()
    },
    async close() {
      for (const { relay, relayAsStranger, api } of clients)
        for (const line of [relay, relayAsStranger, api]) line.close()
      await Promise.all([internal.close(), database.close(), new Promise((done) => receiver.close(done))])
    },
  }
}

export type OwnPostgres = RunningPostgres & { dataDir: string }

/** A PostgreSQL whose files and processes hold nothing but the drill; its files are removed when it stops. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-residue-'))
  const server = await startPostgres({ dataDir, port: 0, throwAway: true })
  return { ...server, dataDir }
}
