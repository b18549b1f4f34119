/**
 * A PSP that approves every payment at once and remembers nothing: so that what is measured is FinCore. It speaks the
 * sandbox's API, as far as one charge needs it. Told by BENCH_PSP_PORT, BENCH_CERT and BENCH_KEY.
 */
import { readFileSync } from 'node:fs'
import https from 'node:https'

const { BENCH_PSP_PORT = '0', BENCH_CERT = '', BENCH_KEY = '' } = process.env
const account = {
  secret_key: 'sk_sandbox_benchbenchbenchbench',
  public_key: 'pk_sandbox_benchbenchbenchbench',
  webhook_secret: `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`,
}
let made = 0

const server = https.createServer(
  { cert: readFileSync(BENCH_CERT), key: readFileSync(BENCH_KEY) },
  (request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isPayment = request.method === 'POST' && request.url === '/v2/payments'
      const body = isPayment ? approve(Buffer.concat(chunks).toString()) : account
      const text = JSON.stringify(body)
      response.writeHead(isPayment || request.url === '/v2/accounts' ? 201 : 200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    })
  },
)
server.keepAliveTimeout = 60_000
server.listen(Number(BENCH_PSP_PORT), '127.0.0.1', () => process.stdout.write('listening {}\n'))
process.once('SIGTERM', () => process.exit(0))

function approve(text: string) {
  const { reference, amount, capture } = JSON.parse(text) as {
    reference: string
    amount: { value: number; currency: string }
    capture: string
  }
  made++
  return {
    object: 'payment',
    id: `pay_bench_${process.pid}_${made}`,
    reference,
    status: capture === 'manual' ? 'authorized' : 'captured',
    amount,
    captured: capture === 'manual' ? 0 : amount.value,
    checkout_session: null,
    decline: null,
    action: null,
    card: { brand: 'visa', last4: '4242' },
  }
}
