import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Credentials that the stand-in knows, as the environment of the SDK has them. */
export const kmsCredentials = {
  AWS_ACCESS_KEY_ID: 'AKIDSTANDIN',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-stand-in',
  AWS_REGION: 'eu-central-1',
} as const
export const kmsKeyId = 'arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000001'

type Call = { action: string; context: Record<string, string>; at: number }

/**
 * AWS KMS as far as FinCore asks it: Encrypt and Decrypt over JSON 1.1, by one symmetric key. Strict where the real one
 * is: the request's signature (SigV4) is computed anew, and a ciphertext opens with its own encryption context alone.
 */
export async function startKmsStandIn() {
  const key = randomBytes(32)
  const calls: Call[] = []
  /** What the next calls meet, in place of an answer: an error of KMS by its name, or silence. */
  const faults: string[] = []
  const server = createServer(async (request, response) => {
    const body = await readAll(request)
    const [, action = ''] = String(request.headers['x-amz-target']).split('.')
    const fail = (name: string, status = 400) => answer(response, status, { __type: name, message: 'stand-in' })
    const fault = faults.shift()
    if (fault === 'silence') return
    if (fault !== undefined) return fail(fault, fault === 'KMSInternalException' ? 500 : 400)
    if (!isSigned(request, body)) return fail('InvalidSignatureException')
    const input = JSON.parse(body.toString())
    if (input.KeyId !== kmsKeyId) return fail('NotFoundException')
    const context = contextOf(input.EncryptionContext)
    calls.push({ action, context: input.EncryptionContext ?? {}, at: Date.now() })
    if (action === 'Encrypt') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context)
      const text = Buffer.concat([cipher.update(Buffer.from(input.Plaintext, 'base64')), cipher.final()])
      const blob = Buffer.concat([nonce, cipher.getAuthTag(), text])
      return answer(response, 200, { KeyId: kmsKeyId, CiphertextBlob: blob.toString('base64') })
    }
    if (action !== 'Decrypt') return fail('UnknownOperationException')
    try {
      const blob = Buffer.from(input.CiphertextBlob, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12)).setAAD(context)
      decipher.setAuthTag(blob.subarray(12, 28))
      const text = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()])
      return answer(response, 200, { KeyId: kmsKeyId, Plaintext: text.toString('base64') })
    } catch {
      return fail('InvalidCiphertextException')
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    faults,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The order of its pairs is no part of a context. */
function contextOf(context: Record<string, string> = {}): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

/** Signature Version 4, as AWS documents it: canonical request, string to sign, derived key. */
function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=(\w{64})$/
  const [, id, day = '', region = '', signed = '', signature = ''] =
    form.exec(request.headers.authorization ?? '') ?? []
  const time = String(request.headers['x-amz-date'])
  const names = signed.split(';')
  if (id !== kmsCredentials.AWS_ACCESS_KEY_ID || region !== kmsCredentials.AWS_REGION) return false
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => names.includes(name))) return false
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}\n`).join('')
  const canonical = [request.method, request.url, '', headers, signed, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/kms/aws4_request`, sha256(canonical)].join('\n')
  const parts = [day, region, 'kms', 'aws4_request']
  const key = parts.reduce<string | Buffer>(hmac, `AWS4${kmsCredentials.AWS_SECRET_ACCESS_KEY}`)
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))
}
