import { Agent, request as httpsRequest } from 'node:https'
import { createRequire } from 'node:module'
import type { CheckoutAPI as CheckoutApi, Client as SdkClient } from '@adyen/api-library'

/** Connections are kept, since a handshake costs more than most requests. */
const agent = new Agent({ keepAlive: true })
type Sdk = {
  CheckoutAPI: typeof CheckoutApi
  Client: typeof SdkClient
  HttpClientException: new (fields: object) => Error
}

/** The official SDK as it is, but that its requests to Adyen's test host go to the stand-in, whose certificate is not of a public authority. */
export function createSdkClient(apiUrl: string, ca: string, apiKey: string): CheckoutApi {
  // Loading it takes half a second, which only a test that wants it pays.
  const { CheckoutAPI, Client, HttpClientException } = createRequire(import.meta.url)('@adyen/api-library') as Sdk
  const client = new Client({ apiKey, environment: 'TEST' as never })
  client.httpClient = {
    async request(endpoint, json, config, _isApiKeyRequired, options) {
      const url = new URL(endpoint)
      const answer = await send(new URL(`${apiUrl}${url.pathname}`), ca, {
        method: options?.method ?? 'POST',
        headers: {
          'content-type': 'application/json',
          'x-api-key': config.apiKey ?? '',
          ...(options?.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
        },
        body: String(json),
      })
      if (answer.status < 300) return answer.body
      const { message, errorCode } = JSON.parse(answer.body) as Record<string, string>
      throw new HttpClientException({ message, errorCode, statusCode: answer.status, responseBody: answer.body })
    },
  }
  return new CheckoutAPI(client)
}

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string }

/** One HTTPS request to the stand-in. @throws when the connection is cut. */
export function send(
  url: URL,
  ca: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: string | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method, headers, ca, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}
