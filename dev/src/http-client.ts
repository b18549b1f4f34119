import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

export type HttpAnswer = { status: number; headers: Record<string, string | string[] | undefined>; text: string }

export type HttpClient = {
  send(method: string, url: string, options?: SendOptions): Promise<HttpAnswer>
  /** As `send`, and the answer's JSON. @throws Error with the answer when its status is not 2xx. */
  json<T>(method: string, url: string, options?: SendOptions): Promise<T>
  close(): Promise<void>
}

export type SendOptions = {
  bearer?: string
  headers?: Record<string, string>
  json?: unknown
  form?: Record<string, string>
}

// Longer than the payment service waits for a PSP (10 s), so that its answer is seen and not a timeout of ours.
const timeoutMs = 30_000

/** A client that trusts the development authority, shows a client certificate when given one, and follows no redirect. */
export function createHttpClient(files: { ca?: string; cert?: string; key?: string } = {}): HttpClient {
  const agent = new Agent({
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      ...(files.ca === undefined ? {} : { ca: readFileSync(files.ca) }),
      ...(files.cert === undefined ? {} : { cert: readFileSync(files.cert) }),
      ...(files.key === undefined ? {} : { key: readFileSync(files.key) }),
    },
  })
  const send = async (method: string, url: string, options: SendOptions = {}): Promise<HttpAnswer> => {
    const headers: Record<string, string> = { ...options.headers }
    if (options.bearer !== undefined) headers.authorization = `Bearer ${options.bearer}`
    if (options.json !== undefined) headers['content-type'] = 'application/json'
    if (options.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
    const body =
      options.json !== undefined
        ? JSON.stringify(options.json)
        : options.form !== undefined
          ? new URLSearchParams(options.form).toString()
          : null
    const answer = await request(url, { method: method as 'GET', headers, body, dispatcher: agent })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
  return {
    send,
    json: async <T>(method: string, url: string, options?: SendOptions) => {
      const answer = await send(method, url, options)
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(`${method} ${url} answered ${answer.status}: ${answer.text.slice(0, 500)}`)
      }
      return JSON.parse(answer.text) as T
    },
    close: () => agent.close(),
  }
}
