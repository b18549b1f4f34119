import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type StubAnswer = { status?: number; type?: string; body: object | string; headers?: Record<string, string> }

/** A door that answers as a test says, and keeps what it was asked. */
export async function openStubDoor(
  test: Pick<TestContext, 'after'>,
  answer: (path: string, request: IncomingMessage) => StubAnswer,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { status = 200, type = 'application/json', body, headers = {} } = answer(request.url ?? '', request)
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** A problem as FinCore answers it. */
export function problemAnswer(status: number, code: string): StubAnswer {
  const type = `https://pay.example/docs/errors#${code}`
  const body = { type, title: 'It may not be', status, detail: 'Because.', code, param: null, request_id: 'req_1' }
  return { status, type: 'application/problem+json; charset=utf-8', body }
}
