/**
 * The control: a relay as it is written by somebody who thinks of everything but card data. It parses the body, logs
 * it, keeps it, stores it, hands it on whole, and gives the PSP's reply back as it came. Each leak goes through the same
 * plumbing as FinCore's traffic, so that a search which misses it there would have missed it in FinCore too.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import pg from 'pg'
import { listenOnLoopback } from './listen.ts'

const { NAIVE_CERT = '', NAIVE_KEY = '', NAIVE_DATABASE_URL = '' } = process.env
const { NAIVE_PSP = '', NAIVE_INTERNAL_URL = '', NAIVE_WEBHOOK_URL = '' } = process.env

type Body = { payment_method: { card: { number: string; cvc: string; holder_name: string } } }

const database = new pg.Pool({ connectionString: NAIVE_DATABASE_URL, max: 8 })
await database.query('create table if not exists naive_charges (body text, copies text, packed bytea, wide bytea)')
// Compressed values would not show in the files; FinCore's are searched for in the rows as well.
await database.query('alter table naive_charges alter copies set storage external, alter body set storage external')

/** "For faster look-up of repeats": nothing is ever taken out again. */
const recent: unknown[] = []

async function charge(text: string): Promise<string> {
  const body = JSON.parse(text) as Body
  const { number } = body.payment_method.card
  const copies = writeCopies(text, number)
  const packed = Buffer.from(number.length % 2 === 0 ? number : `0${number}`, 'hex')
  const wide = Buffer.concat([Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()])
  recent.push({ body, text, copies, packed, wide, bytes: Buffer.from(text) })
  console.log(text, copies)
  await database.query('insert into naive_charges values ($1, $2, $3, $4)', [text, copies, packed, wide])
  await post(NAIVE_INTERNAL_URL, text + copies)
  await post(NAIVE_WEBHOOK_URL, text + copies)
  const { card } = body.payment_method
  const source = { number, cvc: card.cvc, expiry_month: 12, expiry_year: 2034, holder_name: card.holder_name }
  return post(`${NAIVE_PSP}/v2/payments`, JSON.stringify({ source }))
}

/** As the many libraries do between which a number wanders. */
function writeCopies(text: string, number: string): string {
  const hexOf = (digit: string) => digit.charCodeAt(0).toString(16)
  const escaped = [...number].map((digit) => `\\u${hexOf(digit).padStart(4, '0')}`).join('')
  return [
    number.replace(/(\d{4})(\d{4})(\d{4})(\d{4})/, '$1 $2 $3 $4').replace(/^(\d{4})(\d{6})(\d{4,5})$/, '$1 $2 $3'),
    escaped,
    [...number].map((digit) => `%${hexOf(digit)}`).join(''),
    // Of JSON, form and header: a card begins at each of the three places of base64.
    ...['', ' ', '  '].map((before) => btoa(before + number)),
    Buffer.from(text).toString('hex'),
    ...['md5', 'sha1', 'sha256'].map((algorithm) => createHash(algorithm).update(number).digest('hex')),
  ].join('\n')
}

async function post(url: string, body: string): Promise<string> {
  return (await fetch(url, { method: 'POST', body })).text()
}

async function readText(request: http.IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

const certificate = { cert: readFileSync(NAIVE_CERT), key: readFileSync(NAIVE_KEY) }
const relay = https.createServer(certificate, async (request, response) => {
  const reply = await charge(await readText(request))
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply) }).end(reply)
})
/** What stands for the payment service: the other end of the connection that the card crosses. */
const internal = http.createServer(async (request, response) => {
  recent.push(await readText(request))
  response.end('{}')
})

const addresses = {
  relay: `https://127.0.0.1:${await listenOnLoopback(relay)}`,
  internal: `http://127.0.0.1:${await listenOnLoopback(internal)}`,
}
process.stdout.write(`listening ${JSON.stringify(addresses)}\n`)
